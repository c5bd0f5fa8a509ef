import { randomBytes } from "node:crypto";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Decompress, GRPC_ENCODINGS, HTTP_ENCODINGS } from "./decompress.ts";
import { CorruptError, TooLargeError } from "./errors.ts";
import { maskedCrc32c } from "./snappy-framed.ts";

const MIB = 2 ** 20;

/** Text that compresses as telemetry does. */
const sample = Buffer.from(
  Array.from({ length: 5000 }, (_, i) => `span ${i} http.route=/users/{id} ${i % 7}`).join("\n"),
);

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

function chunk(kind: number, body: Buffer): Buffer {
  const header = uint32(body.length).subarray(0, 3);
  return Buffer.concat([Buffer.from([kind]), header, body]);
}

const identifier = chunk(0xff, Buffer.from("sNaPpY"));

/** Snappy's framing with chunks that are not compressed. */
function framedSnappy(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [identifier, chunk(0xfe, Buffer.alloc(3))];
  for (let at = 0; at < bytes.length; at += 65_536) {
    const part = bytes.subarray(at, at + 65_536);
    chunks.push(chunk(1, Buffer.concat([uint32(maskedCrc32c(part)), part])));
  }
  return Buffer.concat(chunks);
}

/** An LZ4 frame whose block is not compressed. */
function lz4(bytes: Buffer): Buffer {
  const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
  return Buffer.concat([header, uint32(bytes.length + 2 ** 31), bytes, uint32(0)]);
}

const decoder = (name: string): Decompress => HTTP_ENCODINGS.get(name)!;

describe("decompression", () => {
  it.each<[string, Buffer]>([
    ["gzip", gzipSync(sample)],
    ["gzip", Buffer.concat([gzipSync(sample.subarray(0, 1000)), gzipSync(sample.subarray(1000))])],
    ["zstd", zstdCompressSync(sample)],
    ["zlib", deflateSync(sample)],
    ["deflate", deflateSync(sample)],
    ["x-snappy-framed", framedSnappy(sample)],
    ["snappy", framedSnappy(sample)],
    ["lz4", lz4(sample)],
  ])("of %s gives what was compressed, and stops at the limit", async (name, compressed) => {
    expect((await decoder(name)(compressed, sample.length)).equals(sample)).toBe(true);
    await expect((async () => decoder(name)(compressed, sample.length - 1))()).rejects.toThrow(TooLargeError);
  });

  it("reads Snappy's copies, those that overlap too", async () => {
    // 20 bytes: the literal "abcd", then a copy of 12 from 4 back, then of 4 from 16 back.
    const block = Buffer.from([20, 3 << 2, 0x61, 0x62, 0x63, 0x64, (11 << 2) | 2, 4, 0, (0 << 2) | 1, 16]);
    expect((await decoder("snappy")(block, 100)).toString()).toBe("abcd".repeat(5));
  });

  it("reads LZ4's copies and long lengths", async () => {
    // Literal "ab", then a copy from 2 back of 15 + 255 + 1 + 4 bytes; then the literal "!".
    const block = Buffer.from([0x2f, 0x61, 0x62, 2, 0, 255, 1, 0x10, 0x21]);
    const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
    const frame = Buffer.concat([header, uint32(block.length), block, uint32(0)]);
    expect((await decoder("lz4")(frame, 1000)).toString()).toBe(`${"ab".repeat(138)}a!`);
  });

  it("does not believe a sender who lies about the size", async () => {
    const lying = Buffer.from(gzipSync(Buffer.from("small")));
    lying.writeUInt32LE(4 * MIB, lying.length - 4);
    const failing = (async () => decoder("gzip")(lying, 4 * MIB))();
    await expect(failing).rejects.toThrow("gzip: invalid checksum");
  });

  it("keeps no more memory than data that hardly compresses needs", async () => {
    const random = randomBytes(200_000);
    for (const [name, compressed] of [
      ["zlib", deflateSync(random)],
      ["zstd", zstdCompressSync(random)],
    ] as const) {
      const { buffer } = await decoder(name)(compressed, 4 * MIB);
      expect(buffer.byteLength).toBeLessThan(300_000);
    }
  });

  it("refuses a Snappy literal that would send the reader backwards", () => {
    // Four bytes of length, all ones: taken as a signed number it would be -1.
    const block = Buffer.concat([Buffer.from([10, 63 << 2, 255, 255, 255, 255]), Buffer.alloc(70)]);
    expect(() => decoder("snappy")(block, MIB)).toThrow("snappy: corrupt input");
  });

  it("checks the checksums of framed Snappy", () => {
    const framed = framedSnappy(sample);
    framed[framed.length - 1]! ^= 1;
    expect(() => decoder("snappy")(framed, MIB)).toThrow("snappy: corrupt input");
  });

  it.each([...HTTP_ENCODINGS.keys(), ...GRPC_ENCODINGS.keys()])(
    "reads any bytes as %j, or refuses them",
    async (name) => {
      const decompress = HTTP_ENCODINGS.get(name) ?? GRPC_ENCODINGS.get(name)!;
      const prefixes = [
        Buffer.alloc(0),
        gzipSync("x").subarray(0, 10),
        identifier,
        lz4(sample).subarray(0, 7),
        zstdCompressSync("abc").subarray(0, 6),
      ];
      const bytes = fc
        .tuple(fc.constantFrom(...prefixes), fc.uint8Array({ maxLength: 300 }))
        .map(([prefix, rest]) => Buffer.concat([prefix, rest]));
      await fc.assert(
        fc.asyncProperty(bytes, async (input) => {
          try {
            expect((await decompress(input, 10_000)).length).toBeLessThanOrEqual(10_000);
          } catch (error) {
            if (!(error instanceof CorruptError || error instanceof TooLargeError)) throw error;
          }
        }),
        { numRuns: 300 },
      );
    },
  );

  it("agrees with any change to what was compressed, or refuses it", async () => {
    for (const [name, compressed] of [
      ["lz4", lz4(sample.subarray(0, 500))],
      ["x-snappy-framed", framedSnappy(sample.subarray(0, 500))],
      ["gzip", gzipSync(sample.subarray(0, 500))],
      ["zstd", zstdCompressSync(sample.subarray(0, 500))],
    ] as const) {
      for (let at = 0; at < compressed.length; at++) {
        const changed = Buffer.from(compressed);
        changed[at]! ^= 1 << (at % 8);
        const outcome = await (async () => decoder(name)(changed, 10_000))().catch((error) => error);
        expect(
          Buffer.isBuffer(outcome) || outcome instanceof CorruptError || outcome instanceof TooLargeError,
        ).toBe(true);
      }
    }
  });
});
