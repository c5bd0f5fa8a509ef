import { expect, test } from "vitest";
import { TraceParent } from "./trace-context.ts";

const parent = new TraceParent();
const VALID = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function read(text: string): boolean {
  const bytes = Buffer.from(`..${text}..`);
  return parent.read(bytes, 2, bytes.length - 2);
}

test("reads the ids", () => {
  expect(read(VALID)).toBe(true);
  expect(Buffer.from(parent.traceId).toString("hex")).toBe("0af7651916cd43dd8448eb211c80319c");
  expect(Buffer.from(parent.parentId).toString("hex")).toBe("b7ad6b7169203331");
});

test.each([
  ["of a later version", `cc${VALID.slice(2)}`],
  ["of a later version with more behind it", `cc${VALID.slice(2)}-what-comes`],
  ["that is not sampled", VALID.replace(/1$/, "0")],
])("takes one %s", (_, text) => {
  expect(read(text)).toBe(true);
});

test.each([
  ["empty", ""],
  ["cut", VALID.slice(0, -1)],
  ["with more behind version 00", `${VALID}-x`],
  ["with more behind a later version without a dash", `cc${VALID.slice(2)}x`],
  ["of version ff", `ff${VALID.slice(2)}`],
  ["with a version that is no number", `zz${VALID.slice(2)}`],
  ["with a trace id of zeros", VALID.replace("0af7651916cd43dd8448eb211c80319c", "0".repeat(32))],
  ["with a parent id of zeros", VALID.replace("b7ad6b7169203331", "0".repeat(16))],
  ["in capitals", VALID.toUpperCase()],
  ["with other separators", VALID.replaceAll("-", "_")],
  ["with flags that are no number", VALID.replace(/01$/, "0g")],
])("refuses one %s", (_, text) => {
  expect(read(text)).toBe(false);
});
