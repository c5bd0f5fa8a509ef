import { inflate } from "./inflate.ts";
import { decodeLz4 } from "./lz4.ts";
import { decodeSnappy } from "./snappy.ts";
import { decodeFramedSnappy, isFramedSnappy } from "./snappy-framed.ts";

/** Decompresses data of a peer. Fails with CorruptError, or with TooLargeError as soon as there is more than `maxBytes`. */
export type Decompress = (input: Buffer, maxBytes: number) => Buffer | Promise<Buffer>;

/** By the name in HTTP's Content-Encoding; without a coding, empty, there is nothing to do. */
export const HTTP_ENCODINGS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ["", (input) => input],
  ["gzip", (input, max) => inflate("gzip", input, max)],
  ["zstd", (input, max) => inflate("zstd", input, max)],
  ["zlib", (input, max) => inflate("zlib", input, max)],
  ["deflate", (input, max) => inflate("zlib", input, max)],
  // A block, or the framed form: the exporters of older Collectors sent that under this name.
  ["snappy", (input, max) => (isFramedSnappy(input) ? decodeFramedSnappy : decodeSnappy)(input, max)],
  ["x-snappy-framed", decodeFramedSnappy],
  ["lz4", decodeLz4],
]);

/** By the name in gRPC's grpc-encoding. Its snappy is the framed one. */
export const GRPC_ENCODINGS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ["gzip", (input, max) => inflate("gzip", input, max)],
  ["zstd", (input, max) => inflate("zstd", input, max)],
  ["snappy", decodeFramedSnappy],
]);
