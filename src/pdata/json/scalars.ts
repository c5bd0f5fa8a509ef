// Doubles, bytes, ids and enums from JSON.
import type { Writer } from "../protobuf/writer.ts";
import type { JsonSource } from "./source.ts";

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const SPECIAL: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "+Infinity": Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  "+Inf": Number.POSITIVE_INFINITY,
  "-Inf": Number.NEGATIVE_INFINITY,
};

/** Reads a double, bare or in quotes. */
export function readDouble(source: JsonSource): number {
  const quoted = source.peek() === 0x22;
  if (!source.number() && !quoted) source.unexpected("a number");
  const text = source.text();
  if (!NUMBER.test(text)) {
    const special = quoted ? SPECIAL[text] : undefined;
    return special ?? source.fail(`${JSON.stringify(text)} is not a number`);
  }
  const value = Number(text);
  if (!Number.isFinite(value)) source.fail(`${text} is out of range for double`);
  return value;
}

/** Reads base64, standard or URL-safe, padded or not, and writes the bytes with their length before them. */
export function copyBase64(source: JsonSource, out: Writer): void {
  source.string();
  const text = source.text();
  const bytes = Buffer.from(text, "base64");
  const symbols = text.replace(/=+$/, "");
  // Node.js skips what is not base64, so that fewer bytes come out than the symbols make.
  if (!/^[A-Za-z0-9+/_-]*$/.test(symbols) || bytes.length !== Math.floor((symbols.length * 3) / 4)) {
    source.fail("not base64");
  }
  out.reserve(bytes.length + 8);
  out.rawVarint(bytes.length);
  out.rawCopy(bytes, 0, bytes.length);
}

/** Reads an id of `size` bytes in hex, or none, and writes it with its length before it. */
export function copyId(source: JsonSource, out: Writer, size: 8 | 16): void {
  if (!source.string()) source.fail("not hex");
  const { buf, start, stop } = source;
  if (stop > start && stop - start !== 2 * size) {
    source.fail(`an id of ${stop - start} hex digits, expected ${2 * size}`);
  }
  out.reserve(1 + size);
  out.buf[out.pos++] = (stop - start) / 2;
  for (let at = start; at < stop; at += 2) {
    const byte = (hexDigit(buf[at]!) << 4) | hexDigit(buf[at + 1]!);
    if (byte < 0) source.fail(`${JSON.stringify(source.text())} is not hex`);
    out.buf[out.pos++] = byte;
  }
}

/** The value of a hex digit; negative, also when shifted, for anything else. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
