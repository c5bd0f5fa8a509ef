// Resolves the escapes of JSON strings on their way into protobuf.
import type { Writer } from "../protobuf/writer.ts";
import type { JsonSource } from "./source.ts";

/** What stands behind a backslash, and the character it is. */
const SHORT: Readonly<Record<number, number>> = {
  34: 0x22,
  92: 0x5c,
  47: 0x2f,
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};
const LOWER_U = 0x75;
const BACKSLASH = 0x5c;
const REPLACEMENT = 0xfffd;

/** Writes the character whose escape begins behind the backslash before `source.at`, for which there must be room. */
export function copyEscape(source: JsonSource, out: Writer): void {
  const byte = source.buf[source.at++] ?? 0;
  const short = SHORT[byte];
  if (short !== undefined) out.buf[out.pos++] = short;
  else if (byte === LOWER_U) writeCodePoint(out, readCodePoint(source));
  else source.fail("wrong escape in a string");
}

/** The code point at `\uXXXX`, of which two may make a pair; half a pair alone becomes U+FFFD. */
function readCodePoint(source: JsonSource): number {
  const unit = readUnit(source);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  const { buf, at } = source;
  if (unit > 0xdbff || buf[at] !== BACKSLASH || buf[at + 1] !== LOWER_U) return REPLACEMENT;
  source.at += 2;
  const low = readUnit(source);
  if (low >= 0xdc00 && low <= 0xdfff) return 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
  source.at = at; // What follows is a character of its own.
  return REPLACEMENT;
}

function readUnit(source: JsonSource): number {
  const hex = source.buf.toString("latin1", source.at, source.at + 4);
  if (!/^[0-9a-fA-F]{4}$/.test(hex)) source.fail("wrong escape in a string");
  source.at += 4;
  return Number.parseInt(hex, 16);
}

function writeCodePoint(out: Writer, codePoint: number): void {
  out.pos += out.buf.write(String.fromCodePoint(codePoint), out.pos, "utf8");
}
