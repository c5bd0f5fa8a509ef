import { createRequire } from "node:module";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { COMPRESSION_OPTION, inPieces, takesPieces } from "./compression.ts";
import { unread } from "./compressor.ts";
import { piecesOf } from "./pieces.ts";

const { CompressionFilterFactory } = createRequire(import.meta.url)(
  "@grpc/grpc-js/build/src/compression-filter.js",
);
const IDENTITY = 0;
const GZIP = 2;
const FRAME_BYTES = 5;
const PIECES = ["span ", "metric ", "log "].map((text) => Buffer.from(text.repeat(1000)));
const MESSAGE = Buffer.concat(PIECES);

function newFilter(algorithm: number) {
  return new CompressionFilterFactory(null, {
    "grpc.default_compression_algorithm": algorithm,
  }).createFilter();
}

/** A message as it is sent: a flag, four bytes of length, the message. */
async function framed(filter: ReturnType<typeof newFilter>, message: Buffer): Promise<Buffer> {
  const { message: frame } = await filter.sendMessage(Promise.resolve({ message, flags: 0 }));
  return Buffer.concat(piecesOf(frame) ?? [frame]);
}

describe("messages in pieces", () => {
  it("are compressed as one, at the fastest level", async () => {
    expect(takesPieces()).toBe(true);
    const frame = await framed(newFilter(GZIP), inPieces(PIECES));
    expect(frame[0]).toBe(1);
    expect(frame.readUInt32BE(1)).toBe(frame.length - FRAME_BYTES);
    const gzip = frame.subarray(FRAME_BYTES);
    expect(gunzipSync(gzip)).toEqual(MESSAGE);
    expect(gzip[8]).toBe(4); // XFL: the compressor used its fastest algorithm.
  });

  it("are whole where several are sent at once, and where one follows another", async () => {
    takesPieces();
    const messages = Array.from({ length: 8 }, (_, i) => [...PIECES, Buffer.from(`message ${i}`)]);
    for (let round = 0; round < 2; round++) {
      const frames = await Promise.all(messages.map((pieces) => framed(newFilter(GZIP), inPieces(pieces))));
      expect(frames.map((frame) => gunzipSync(frame.subarray(FRAME_BYTES)))).toEqual(
        messages.map((pieces) => Buffer.concat(pieces)),
      );
    }
  });

  it("may be empty, and larger than the compressor's buffers", async () => {
    takesPieces();
    const noise = Array.from({ length: 300_000 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
    for (const pieces of [[], [Buffer.alloc(0)], [Buffer.from(noise), Buffer.from(noise)]]) {
      const frame = await framed(newFilter(GZIP), inPieces(pieces));
      expect(gunzipSync(frame.subarray(FRAME_BYTES))).toEqual(Buffer.concat(pieces));
    }
  });

  it("are known to be read until every compression of them is over", async () => {
    takesPieces();
    const large = [Buffer.alloc(8 << 20, "span"), Buffer.alloc(8 << 20, "metric")];
    await unread(large); // nobody does
    let over = 0;
    const tries = [1, 2].map(() => framed(newFilter(GZIP), inPieces(large)).then(() => over++));
    await new Promise(setImmediate); // both have begun
    expect(over).toBe(0);
    await unread(large);
    await new Promise(setImmediate);
    expect(over).toBe(2);
    await Promise.all(tries);
  });

  it("go as they are to a server that does not understand gzip", async () => {
    takesPieces();
    const filter = newFilter(GZIP);
    const { Metadata } = await import("@grpc/grpc-js");
    const metadata = new Metadata();
    metadata.set("grpc-accept-encoding", "identity,deflate");
    filter.receiveMetadata(metadata);
    const frame = await framed(filter, inPieces(PIECES));
    expect([frame[0], frame.subarray(FRAME_BYTES)]).toEqual([0, MESSAGE]);
  });
});

it("leaves the messages of other clients to grpc-js", async () => {
  takesPieces();
  const gzip = (await framed(newFilter(GZIP), MESSAGE)).subarray(FRAME_BYTES);
  expect(gunzipSync(gzip)).toEqual(MESSAGE);
  expect(gzip[8]).toBe(0); // grpc-js's own level
  expect((await framed(newFilter(IDENTITY), MESSAGE)).subarray(FRAME_BYTES)).toEqual(MESSAGE);
});

it.each([
  ["identity,gzip", "gzip"],
  ["identity,gzip,zstd", "zstd"],
])("compresses with zstd once the server has said %s: %s", async (supported, algorithm) => {
  takesPieces();
  const factory = new CompressionFilterFactory(null, {
    "grpc.default_compression_algorithm": GZIP,
    [COMPRESSION_OPTION]: "zstd",
  });
  const first = factory.createFilter();
  expect(zstdDecompressSync((await framed(first, inPieces(PIECES))).subarray(FRAME_BYTES))).toEqual(MESSAGE);
  const { Metadata } = await import("@grpc/grpc-js");
  const metadata = new Metadata();
  metadata.set("grpc-accept-encoding", supported);
  first.receiveMetadata(metadata);
  const next = factory.createFilter();
  expect(next.currentCompressionAlgorithm).toBe(algorithm);
  const decompress = algorithm === "zstd" ? zstdDecompressSync : gunzipSync;
  expect(decompress((await framed(next, inPieces(PIECES))).subarray(FRAME_BYTES))).toEqual(MESSAGE);
});
