// Hot: writes Snappy's framing format, which the Collector's gRPC calls snappy.
import { compress } from "snappyjs";
import { maskedCrc32c } from "./snappy-framed.ts";

const STREAM_IDENTIFIER = Buffer.from("\xff\x06\x00\x00sNaPpY", "latin1");
const COMPRESSED = 0x00;
const UNCOMPRESSED = 0x01;
const MAX_CHUNK_BYTES = 65_536;
/** Type, length in three bytes, checksum. */
const CHUNK_HEADER_BYTES = 8;

/** Frames `body`; chunks that do not shrink by an eighth are left as they are, as Go's writer does. */
export function encodeFramedSnappy(body: Uint8Array): Buffer {
  const pieces: Uint8Array[] = [STREAM_IDENTIFIER];
  for (let at = 0; at < body.length; at += MAX_CHUNK_BYTES) {
    const chunk = body.subarray(at, at + MAX_CHUNK_BYTES);
    const compressed = compress(chunk);
    const shrunk = compressed.length < chunk.length - chunk.length / 8;
    const content = shrunk ? compressed : chunk;
    pieces.push(header(shrunk ? COMPRESSED : UNCOMPRESSED, content.length, chunk), content);
  }
  return Buffer.concat(pieces);
}

function header(type: number, length: number, chunk: Uint8Array): Buffer {
  const bytes = Buffer.alloc(CHUNK_HEADER_BYTES);
  bytes.writeUInt8(type, 0);
  bytes.writeUIntLE(length + 4, 1, 3);
  bytes.writeUInt32LE(maskedCrc32c(chunk), 4);
  return bytes;
}
