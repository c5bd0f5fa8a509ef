// The Collector's configcompression for clients: what a request's body is compressed with.
import { promisify } from "node:util";
import { constants, deflate, gzip, type ZlibOptions, type ZstdOptions, zstdCompress } from "node:zlib";
import { compress as snappyBlock } from "snappyjs";
import { int, type Problem, type Schema, struct } from "../../confmap/schema.ts";
import { encodeLz4 } from "./lz4-encode.ts";
import { encodeFramedSnappy } from "./snappy-frames.ts";

/** What clients compress with, by the names in the configuration; `none` and empty are none. */
export const COMPRESSIONS = [
  "gzip",
  "zlib",
  "deflate",
  "snappy",
  "x-snappy-framed",
  "zstd",
  "lz4",
  "none",
  "",
] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** What the Collector says of other names. */
export const unsupportedCompression = (written: string): string =>
  `unsupported compression type ${JSON.stringify(written)}`;

/** How hard to try, in the terms of the algorithm; 0 for the default. */
export interface CompressionParams {
  readonly level: number;
}

export const compressionParams: Schema<CompressionParams> = struct("configcompression.CompressionParams", {
  level: int(),
});

/** Compresses one body. */
export type Compress = (body: Uint8Array) => Promise<Uint8Array>;

const gzipBody = promisify<Uint8Array, ZlibOptions, Buffer>(gzip);
const deflateBody = promisify<Uint8Array, ZlibOptions, Buffer>(deflate);
const zstdBody = promisify<Uint8Array, ZstdOptions, Buffer>(zstdCompress);

/** zlib's own size of a piece of output. Each piece costs a way to its thread and back. */
const MIN_CHUNK_BYTES = 16 << 10;

/** What compresses with `compression`; undefined for none. */
export function compressor(
  compression: Compression,
  { level }: CompressionParams = { level: 0 },
): Compress | undefined {
  switch (compression) {
    case "gzip":
      return (body) => gzipBody(body, zlibOptions(level, body));
    case "zlib":
    case "deflate": // HTTP's deflate is zlib's format too.
      return (body) => deflateBody(body, zlibOptions(level, body));
    case "zstd":
      return (body) => zstdBody(body, zstdOptions(level));
    case "snappy":
      return async (body) => snappyBlock(body);
    case "x-snappy-framed":
      return async (body) => encodeFramedSnappy(body);
    case "lz4":
      return async (body) => encodeLz4(body);
    default:
      return undefined;
  }
}

/** Says, in the Collector's words, that an algorithm has no such level. */
export function* levelProblems(compression: Compression, { level }: CompressionParams): Iterable<Problem> {
  if (compression === "none" || compression === "" || compression === "zstd" || level === 0) return;
  const leveled = ["gzip", "zlib", "deflate"].includes(compression);
  if (leveled && level >= constants.Z_DEFAULT_COMPRESSION && level <= constants.Z_BEST_COMPRESSION) return;
  if (leveled && level === HUFFMAN_ONLY) return;
  yield `unsupported parameters {Level:${level}} for compression type ${JSON.stringify(compression)}`;
}

/** Go's number for it. */
const HUFFMAN_ONLY = -2;

/** By default level 1: on OTLP 3 % larger than level 6 and half the CPU. Telemetry shrinks to about a tenth. */
function zlibOptions(level: number, { length }: Uint8Array): ZlibOptions {
  const chunkSize = Math.max(MIN_CHUNK_BYTES, length >>> 3);
  if (level === HUFFMAN_ONLY) return { strategy: constants.Z_HUFFMAN_ONLY, chunkSize };
  return { level: level || constants.Z_BEST_SPEED, chunkSize };
}

function zstdOptions(level: number): ZstdOptions {
  return level > 0 ? { params: { [constants.ZSTD_c_compressionLevel]: Math.min(level, 22) } } : {};
}
