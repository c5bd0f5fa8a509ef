import { describe, expect, it } from "vitest";
import { MalformedError } from "../../pdata/index.ts";
import { partialSuccess } from "./partial-success.ts";

describe("partialSuccess", () => {
  it("is nothing when all was taken", () => {
    expect(partialSuccess(Buffer.alloc(0))).toBeUndefined();
    expect(partialSuccess(Buffer.from("0a00", "hex"))).toBeUndefined(); // As the Collector answers.
  });

  it("tells how many were rejected and why, or only a warning", () => {
    expect(partialSuccess(Buffer.from("0a07080312036f6c64", "hex"))).toEqual({
      rejected: 3n,
      message: "old",
    });
    expect(partialSuccess(Buffer.from("0a0512036f6c64", "hex"))).toEqual({ rejected: 0n, message: "old" });
  });

  it("refuses what is not protobuf", () => {
    expect(() => partialSuccess(Buffer.from("<html>"))).toThrow(MalformedError);
  });
});
