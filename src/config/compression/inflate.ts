// gzip, zlib and zstd through node:zlib, never giving more than the caller takes.
import * as zlib from "node:zlib";
import type { LentBytes, Slabs } from "../../pdata/index.ts";
import { CorruptError, TooLargeError } from "./errors.ts";
import { Inflater } from "./inflater.ts";

export type ZlibEncoding = "gzip" | "zlib" | "zstd";

/** Up to here threads cost more than they give (zstd of 20 kB: 59 us with them, 32 us without). */
const SYNC_BYTES = 128 << 10;
/** What a thread is too much for where zlib's state is there already: 535 kB of spans take 0.16 ms, 0.28 ms on a thread. */
const INFLATER_BYTES = 1 << 20;

/** A window of 16 MiB; zstd's own levels up to 19 take half of it. A frame could ask for 2 GiB. */
const ZSTD_WINDOW_LOG_MAX = 24;

/** gzip's trailer holds the size, which cannot be more than this many times that of the input. */
const DEFLATE_MAX_RATIO = 1032;
const GZIP_MIN_BYTES = 18;
const GZIP_HEADER_BYTES = 10;
const USUAL_RATIO = 8;
const MIN_CHUNK_BYTES = 1024;

const UNEXPECTED_EOF = "unexpected EOF";

type Options = zlib.ZlibOptions & zlib.ZstdOptions;
type SizedOptions = Options & { readonly chunkSize: number };

interface Codec {
  readonly sync: (input: Uint8Array, options: Options) => Buffer;
  readonly async: (
    input: Uint8Array,
    options: Options,
    done: (error: Error | null, output: Buffer) => void,
  ) => void;
}

const CODECS: { readonly [E in ZlibEncoding]: Codec } = {
  gzip: { sync: zlib.gunzipSync, async: zlib.gunzip },
  zlib: { sync: zlib.inflateSync, async: zlib.inflate },
  zstd: { sync: zlib.zstdDecompressSync, async: zlib.zstdDecompress },
};

const INFLATERS = { gzip: new Inflater("gzip"), zlib: new Inflater("zlib"), zstd: undefined } as const;

const ZSTD_PARAMS = { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };

/** Decompresses `input`: small data at once, larger data on zlib's threads. */
export function inflate(encoding: ZlibEncoding, input: Buffer, maxBytes: number): Buffer | Promise<Buffer> {
  if (encoding === "zstd" && input.length === 0) return input; // No frame at all is no data.
  if (encoding === "gzip" && input.length === 0) throw new CorruptError("EOF");
  const expected = Math.min(expectedBytes(encoding, input), maxBytes);
  const whole = expected <= INFLATER_BYTES ? inflateWhole(encoding, input, expected) : undefined;
  if (whole) return whole;
  const options: SizedOptions = {
    maxOutputLength: Math.max(1, maxBytes),
    chunkSize: Math.max(MIN_CHUNK_BYTES, expected + 1), // One more, so that zlib sees the end in the same round.
    ...(encoding === "zstd" && { params: ZSTD_PARAMS }),
  };
  if (expected > SYNC_BYTES) return inflateAsync(encoding, input, options);
  try {
    return compact(CODECS[encoding].sync(input, options), options.chunkSize);
  } catch (cause) {
    throw inflateError(encoding, input, cause);
  }
}

/**
 * Inflates a gzip message of usual size into memory of `slabs`. Undefined where it is not that, and where anything is wrong
 * with it: `inflate` then says what.
 */
export function inflateLent(input: Buffer, maxBytes: number, slabs: Slabs): LentBytes | undefined {
  const expected = expectedBytes("gzip", input);
  if (expected > Math.min(INFLATER_BYTES, maxBytes)) return undefined;
  return slabs.fill(expected + 1, (room) => INFLATERS.gzip.inflate(input, room));
}

function inflateWhole(encoding: ZlibEncoding, input: Buffer, expected: number): Buffer | undefined {
  const inflater = INFLATERS[encoding];
  if (!inflater) return undefined;
  const output = Buffer.allocUnsafeSlow(expected + 1);
  const length = inflater.inflate(input, output);
  return length === undefined ? undefined : compact(output.subarray(0, length), output.length);
}

function inflateAsync(encoding: ZlibEncoding, input: Buffer, options: SizedOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    CODECS[encoding].async(input, options, (error, output) => {
      if (error) reject(inflateError(encoding, input, error));
      else resolve(compact(output, options.chunkSize));
    });
  });
}

/** How much there will be, as far as the input says so and can be believed. */
function expectedBytes(encoding: ZlibEncoding, input: Buffer): number {
  if (encoding !== "gzip" || input.length < GZIP_MIN_BYTES) return input.length * USUAL_RATIO;
  return Math.min(input.readUInt32LE(input.length - 4), input.length * DEFLATE_MAX_RATIO);
}

/** zlib gives a part of a buffer of `allocated` bytes; one that is mostly empty should not live as long as the data. */
function compact(output: Buffer, allocated: number): Buffer {
  return output.length * 2 < allocated ? Buffer.from(output) : output;
}

function inflateError(encoding: ZlibEncoding, input: Buffer, cause: unknown): Error {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  if (code === "ERR_BUFFER_TOO_LARGE") return new TooLargeError("", { cause });
  const short = encoding === "gzip" && input.length < GZIP_HEADER_BYTES; // Go reads all of it before it looks.
  return new CorruptError(short ? UNEXPECTED_EOF : goMessage(encoding, code, message), { cause });
}

/** What Go's packages say where zlib says `message`. */
function goMessage(encoding: ZlibEncoding, code: string, message: string): string {
  if (code === "Z_BUF_ERROR") return UNEXPECTED_EOF;
  if (code === "ZSTD_error_prefix_unknown") return "invalid input: magic number mismatch";
  if (code !== "Z_DATA_ERROR") return `${encoding}: ${message}`;
  if (message === "incorrect data check" || message === "incorrect length check")
    return `${encoding}: invalid checksum`;
  if (/header|compression method|window size/.test(message)) return `${encoding}: invalid header`;
  return `flate: corrupt input: ${message}`;
}
