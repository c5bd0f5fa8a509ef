// Snappy's framing format: chunks of at most 64 KiB, each with a checksum.
import { littleEndian } from "./bytes.ts";
import { CorruptError, TooLargeError } from "./errors.ts";
import { decodeSnappy } from "./snappy.ts";

/** The stream identifier, with which every framed stream begins. */
const STREAM_IDENTIFIER = Buffer.from("\xff\x06\x00\x00sNaPpY", "latin1");

const CHUNK = { compressed: 0x00, uncompressed: 0x01, firstSkippable: 0x80 } as const;
const MAX_CHUNK_BYTES = 65_536;
const CHECKSUM_BYTES = 4;

export function isFramedSnappy(input: Uint8Array): boolean {
  return STREAM_IDENTIFIER.equals(input.subarray(0, STREAM_IDENTIFIER.length));
}

/** Decodes a framed stream. Throws TooLargeError when it holds more than `maxBytes`. */
export function decodeFramedSnappy(input: Uint8Array, maxBytes: number): Buffer {
  if (input.length > 0 && !isFramedSnappy(input)) throw new CorruptError("snappy: corrupt input");
  const pieces: Buffer[] = [];
  let total = 0;
  for (let at = 0; at < input.length; ) {
    const length = littleEndian(input, at + 1, 3);
    const body = input.subarray(at + 4, at + 4 + length);
    if (body.length < length) throw new CorruptError("unexpected EOF");
    const piece = decodeChunk(input[at]!, body);
    at += 4 + length;
    if (!piece) continue;
    total += piece.length;
    if (total > maxBytes) throw new TooLargeError();
    pieces.push(piece);
  }
  return Buffer.concat(pieces, total);
}

/** The data of a chunk; undefined when it has none. */
function decodeChunk(kind: number, body: Uint8Array): Buffer | undefined {
  if (kind >= CHUNK.firstSkippable) return undefined; // Padding, and the stream identifier.
  if (kind > CHUNK.uncompressed) throw new CorruptError("snappy: unsupported input");
  const checksum = littleEndian(body, 0, CHECKSUM_BYTES);
  const content = body.subarray(CHECKSUM_BYTES);
  if (kind === CHUNK.uncompressed && content.length > MAX_CHUNK_BYTES)
    throw new CorruptError("snappy: corrupt input");
  const data = kind === CHUNK.compressed ? decodeSnappy(content, MAX_CHUNK_BYTES) : Buffer.from(content);
  if (maskedCrc32c(data) !== checksum) throw new CorruptError("snappy: corrupt input");
  return data;
}

/** CRC-32C by byte; node:zlib has only the other polynomial. */
const CRC32C: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  return crc;
});

/** The framing format's checksum: CRC-32C, rotated, plus a constant. */
export function maskedCrc32c(data: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let index = 0; index < data.length; index++) crc = (crc >>> 8) ^ CRC32C[(crc ^ data[index]!) & 0xff]!;
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}
