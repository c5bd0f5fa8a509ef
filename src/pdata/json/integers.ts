// Hot path: integers from JSON to protobuf. Exact over all 64 bits, whether bare or in quotes.
import { Nanos } from "../nanos.ts";
import type { Writer } from "../protobuf/writer.ts";
import type { JsonSource } from "./source.ts";

/** Up to here digits add up exactly in a double. */
const EXACT_DIGITS = 15;
/** Up to here a number of nanoseconds is seconds below 2^34 and nine digits more. */
const NANO_DIGITS = 19;
const NANO_SECONDS = 2 ** 34;

const nanos = new Nanos();

/** The range of an integer type. */
export interface Range {
  readonly name: string;
  readonly min: bigint;
  readonly max: bigint;
}

export const INT32_RANGE: Range = { name: "int32", min: -(2n ** 31n), max: 2n ** 31n - 1n };
export const UINT32_RANGE: Range = { name: "uint32", min: 0n, max: 2n ** 32n - 1n };
export const INT64_RANGE: Range = { name: "int64", min: -(2n ** 63n), max: 2n ** 63n - 1n };
export const UINT64_RANGE: Range = { name: "uint64", min: 0n, max: 2n ** 64n - 1n };

/** Reads an integer; a number when it is safe. */
export function readInteger(source: JsonSource, range: Range): number | bigint {
  if (!source.number()) source.unexpected("a number");
  const { start, stop } = source;
  const small = stop - start <= EXACT_DIGITS ? digits(source.buf, start, stop) : -1;
  if (small >= 0 && (small <= 0x7fff_ffff || BigInt(small) <= range.max)) return small;
  const value = parseInteger(source, range);
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** Reads an unsigned integer and writes its eight bytes: times, mostly. */
export function copyFixed64(source: JsonSource, out: Writer): void {
  if (!source.number()) source.unexpected("a number");
  const { buf, start, stop } = source;
  const length = stop - start;
  if (length > EXACT_DIGITS && length <= NANO_DIGITS) {
    const seconds = digits(buf, start, stop - 9);
    const rest = digits(buf, stop - 9, stop);
    if (seconds >= 0 && seconds < NANO_SECONDS && rest >= 0) {
      nanos.setSeconds(seconds, rest);
      out.view.setInt32(out.pos, nanos.lo, true);
      out.view.setInt32(out.pos + 4, nanos.hi, true);
      out.pos += 8;
      return;
    }
  }
  const small = length <= EXACT_DIGITS ? digits(buf, start, stop) : -1;
  out.rawFixed64(small >= 0 ? small : parseInteger(source, UINT64_RANGE));
}

/** The value of a run of digits; -1 when it is anything else. */
function digits(buf: Uint8Array, start: number, stop: number): number {
  let value = 0;
  for (let at = start; at < stop; at++) {
    const digit = buf[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return stop > start ? value : -1;
}

/** The slow way: any spelling of an integer that JSON has, such as `-1`, `1.0` or `1e3`. */
function parseInteger(source: JsonSource, { name, min, max }: Range): bigint {
  const text = source.text();
  const value = toBigInt(text);
  if (value === undefined) source.fail(`${JSON.stringify(text)} is not an integer`);
  if (value < min || value > max) source.fail(`${text} is out of range for ${name}`);
  return value;
}

function toBigInt(text: string): bigint | undefined {
  if (/^[+-]?\d{1,40}$/.test(text)) return BigInt(text.replace(/^\+/, ""));
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? BigInt(value) : undefined;
}
