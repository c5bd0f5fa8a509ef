import { expect, test } from "vitest";
import { hasSecret, hostStart, redactQuery } from "./redact.ts";

function detected(query: string): boolean {
  const bytes = Buffer.from(`?${query}#`);
  return hasSecret(bytes, 1, bytes.length - 1);
}

test.each([
  ["sig=abc", "sig=REDACTED"],
  ["a=1&Signature=x%2Fy&b=2", "a=1&Signature=REDACTED&b=2"],
  [
    "X-Amz-Signature=1&X-Amz-Credential=2&X-Amz-Security-Token=3",
    "X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED",
  ],
  [
    "AWSAccessKeyId=1&X-Goog-Signature=2&sig=a=b",
    "AWSAccessKeyId=REDACTED&X-Goog-Signature=REDACTED&sig=REDACTED",
  ],
])("hides the secrets of %s", (query, shown) => {
  expect(detected(query)).toBe(true);
  expect(redactQuery(query)).toBe(shown);
});

test.each(["", "a=1", "sig", "signature=1", "design=1", "sig2=1", "a=sig", "=1", "&&=&sig"])(
  "leaves %j as it is",
  (query) => {
    expect(detected(query)).toBe(false);
    expect(redactQuery(query)).toBe(query);
  },
);

test("finds the host behind a user and password, whatever is in them", () => {
  const bytes = Buffer.from("us@r:p@ss@host:80");
  expect(bytes.toString("latin1", hostStart(bytes, 0, bytes.length))).toBe("host:80");
});
