// Hot path: protobuf values as JSON text, bytes to bytes.
import { isUtf8 } from "node:buffer";
import { MalformedError } from "../protobuf/wire.ts";
import type { Writer } from "../protobuf/writer.ts";
import { readVarint } from "./varint.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = "0123456789abcdef";
/** Letters behind the backslash of control characters that have one; the others are `\u00XX`. */
const SHORT: Readonly<Record<number, number>> = { 10: 0x6e, 13: 0x72, 9: 0x74 };

/** Text without anything to escape, for which there must be room. */
function rawText(out: Writer, text: string): void {
  out.pos += out.buf.write(text, out.pos, "latin1");
}

/** A string; bytes that are not UTF-8 become U+FFFD, so that the text is always JSON. */
export function writeString(buf: Buffer, start: number, stop: number, out: Writer): void {
  out.reserve(6 * (stop - start) + 2);
  const before = out.pos;
  const to = out.buf;
  let pos = before;
  let all = 0;
  to[pos++] = QUOTE;
  for (let at = start; at < stop; at++) {
    const byte = buf[at]!;
    all |= byte;
    if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) to[pos++] = byte;
    else pos = writeEscape(to, pos, byte);
  }
  to[pos++] = QUOTE;
  out.pos = pos;
  if (all < 0x80 || isUtf8(buf.subarray(start, stop))) return;
  out.pos = before;
  const valid = Buffer.from(buf.toString("utf8", start, stop));
  writeString(valid, 0, valid.length, out);
}

function writeEscape(to: Uint8Array, at: number, byte: number): number {
  let pos = at;
  to[pos++] = BACKSLASH;
  if (byte >= 0x20) {
    to[pos++] = byte;
    return pos;
  }
  const letter = SHORT[byte];
  if (letter !== undefined) {
    to[pos++] = letter;
    return pos;
  }
  for (const character of `u00${byte < 0x10 ? "0" : "1"}${HEX[byte & 15]}`)
    to[pos++] = character.charCodeAt(0);
  return pos;
}

export function writeBase64(buf: Buffer, start: number, stop: number, out: Writer): void {
  const text = buf.toString("base64", start, stop);
  out.reserve(text.length + 2);
  rawText(out, `"${text}"`);
}

/** An id in lower-case hex. */
export function writeId(buf: Buffer, start: number, stop: number, out: Writer, size: number): void {
  if (stop - start !== size && stop !== start) {
    throw new MalformedError(`malformed id: ${stop - start} bytes, expected ${size}`);
  }
  out.reserve(2 * size + 2);
  out.buf[out.pos++] = QUOTE;
  for (let at = start; at < stop; at++) {
    const byte = buf[at]!;
    out.buf[out.pos++] = HEX.charCodeAt(byte >> 4);
    out.buf[out.pos++] = HEX.charCodeAt(byte & 15);
  }
  out.buf[out.pos++] = QUOTE;
}

export function writeBool(buf: Buffer, start: number, stop: number, out: Writer): void {
  const { lo, hi } = readVarint(buf, start, stop);
  rawText(out, (lo | hi) === 0 ? "false" : "true");
}

export function writeInt32(buf: Buffer, start: number, stop: number, out: Writer): void {
  rawText(out, String(readVarint(buf, start, stop).lo));
}

export function writeUint32(buf: Buffer, start: number, stop: number, out: Writer): void {
  rawText(out, String(readVarint(buf, start, stop).lo >>> 0));
}

export function writeSint32(buf: Buffer, start: number, stop: number, out: Writer): void {
  const { lo } = readVarint(buf, start, stop);
  rawText(out, String((lo >>> 1) ^ -(lo & 1)));
}

export function writeInt64(buf: Buffer, start: number, stop: number, out: Writer): void {
  const { lo, hi } = readVarint(buf, start, stop);
  writeSigned(out, lo, hi);
}

export function writeUint64(buf: Buffer, start: number, stop: number, out: Writer): void {
  const { lo, hi } = readVarint(buf, start, stop);
  writeDecimal(out, "", lo, hi);
}

export function writeFixed32(buf: Buffer, start: number, _stop: number, out: Writer): void {
  rawText(out, String(buf.readUInt32LE(start)));
}

export function writeFixed64(buf: Buffer, start: number, _stop: number, out: Writer): void {
  writeDecimal(out, "", buf.readInt32LE(start), buf.readInt32LE(start + 4));
}

export function writeSfixed64(buf: Buffer, start: number, _stop: number, out: Writer): void {
  writeSigned(out, buf.readInt32LE(start), buf.readInt32LE(start + 4));
}

/** A double as Go writes it in JSON: exponents of two digits at least, NaN and infinities in quotes. */
export function writeDouble(buf: Buffer, start: number, _stop: number, out: Writer): void {
  const value = buf.readDoubleLE(start);
  if (!Number.isFinite(value)) rawText(out, `"${value}"`);
  else if (Object.is(value, -0)) rawText(out, "-0");
  else rawText(out, String(value).replace(/e([+-])(\d)$/, "e$10$2"));
}

function writeSigned(out: Writer, lo: number, hi: number): void {
  if (hi >= 0) writeDecimal(out, "", lo, hi);
  else writeDecimal(out, "-", -lo | 0, lo === 0 ? -hi | 0 : ~hi);
}

/** The unsigned integer of two halves, in quotes: divided by 1e9 in steps of 16 bits, which doubles hold exactly. */
function writeDecimal(out: Writer, sign: string, lo: number, hi: number): void {
  let quotient = 0;
  let rest = 0;
  for (const bits of [hi >>> 16, hi & 0xffff, lo >>> 16, lo & 0xffff]) {
    rest = rest * 65_536 + bits;
    quotient = quotient * 65_536 + Math.floor(rest / 1e9);
    rest %= 1e9;
  }
  const digits = quotient === 0 ? `${rest}` : `${quotient}${String(rest).padStart(9, "0")}`;
  rawText(out, `"${sign}${digits}"`);
}
