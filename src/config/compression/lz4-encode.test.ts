import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLz4 } from "./lz4.ts";
import { encodeLz4 } from "./lz4-encode.ts";

const decoded = (bytes: Uint8Array): Buffer => decodeLz4(encodeLz4(bytes), 1 << 30);

describe("LZ4", () => {
  it("gives back what it took, however well that compresses", () => {
    const repetitive = fc
      .array(fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.nat(400)), { maxLength: 30 })
      .map((parts) => Buffer.concat(parts.flatMap(([part, times]) => Array(times % 40).fill(part))));
    fc.assert(
      fc.property(fc.oneof(repetitive, fc.uint8Array({ maxLength: 2000 })), (bytes) => {
        expect(decoded(bytes).equals(bytes)).toBe(true);
      }),
    );
  });

  it("cuts into blocks, and leaves those as they are that do not compress", () => {
    const random = randomBytes(9 << 20);
    const mixed = Buffer.concat([Buffer.alloc(5 << 20, "span "), random.subarray(0, 4 << 20)]);
    expect(encodeLz4(random).length).toBe(random.length + 7 + 3 * 4 + 4);
    expect(encodeLz4(mixed).length).toBeLessThan(mixed.length / 2);
    for (const bytes of [random, mixed]) expect(decoded(bytes).equals(bytes)).toBe(true);
  });

  /** Frames that the tool `lz4` reads: it checks the header's checksum and how blocks end. */
  it.each([
    ["", "04224d1860707300000000"],
    ["a", "04224d18607073010000806100000000"],
    ["abcd".repeat(8), "04224d186070730e0000004f6162636404000450646162636400000000"],
  ])("writes %j as the format has it", (text, frame) => {
    expect(encodeLz4(Buffer.from(text)).toString("hex")).toBe(frame);
  });
});
