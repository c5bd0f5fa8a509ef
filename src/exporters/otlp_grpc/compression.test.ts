import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { preferFastGzip } from "./compression.ts";

const { CompressionFilterFactory } = createRequire(import.meta.url)(
  "@grpc/grpc-js/build/src/compression-filter.js",
);

/** A message as grpc-js frames it: a flag, four bytes of length, the message. */
async function framed(algorithm: number, message: Buffer): Promise<Buffer> {
  const filter = new CompressionFilterFactory(null, {
    "grpc.default_compression_algorithm": algorithm,
  }).createFilter();
  return (await filter.sendMessage(Promise.resolve({ message, flags: 0 }))).message;
}

it("compresses gzip messages at the fastest level, and leaves others alone", async () => {
  preferFastGzip();
  preferFastGzip();
  const message = Buffer.from("span ".repeat(1000));
  const gzip = (await framed(2, message)).subarray(5);
  expect(gunzipSync(gzip)).toEqual(message);
  expect(gzip[8]).toBe(4); // XFL: the compressor used its fastest algorithm.
  expect((await framed(0, message)).subarray(5)).toEqual(message);
});
