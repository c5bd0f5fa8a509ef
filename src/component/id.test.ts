import { describe, expect, it } from "vitest";
import { formatId, parseId } from "./id.ts";

describe("parseId", () => {
  it.each([
    ["otlp", { type: "otlp", name: "" }],
    ["otlp/2", { type: "otlp", name: "2" }],
    [" otlp / a/b ", { type: "otlp", name: "a/b" }],
    ["otlp/größe-1", { type: "otlp", name: "größe-1" }],
  ])("reads %j", (text, id) => {
    expect(parseId(text)).toEqual(id);
  });

  it("writes ids without the blanks", () => {
    expect(formatId(parseId(" otlp / 2 "))).toBe("otlp/2");
    expect(formatId(parseId("otlp "))).toBe("otlp");
  });

  it.each([
    ["", "id must not be empty"],
    ["/x", 'in "/x" id: the part before / should not be empty'],
    ["debug/", 'in "debug/" id: the part after / should not be empty'],
    ["1x", 'in "1x" id: invalid character(s) in type "1x"'],
    [`${"x".repeat(64)}`, "invalid character(s) in type"],
    ["otlp/a b", 'in "a b" id: invalid character(s) in name "a b"'],
    ["otlp/a\u0000", "invalid character(s) in name"],
    [`otlp/${"n".repeat(1025)}`, "is longer than 1024 characters (1025 characters)"],
  ])("refuses %j", (text, message) => {
    expect(() => parseId(text)).toThrow(message);
  });
});
