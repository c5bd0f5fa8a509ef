// Hot: what Snappy and LZ4 have in common.
import { CorruptError } from "./errors.ts";

/** Below this a loop beats the call. */
const SHORT_COPY_BYTES = 32;

/** Copies what was written `offset` bytes ago; where it overlaps itself it repeats. The caller has checked the bounds. */
export function copyWithin(output: Buffer, out: number, offset: number, length: number): void {
  if (offset >= length && length > SHORT_COPY_BYTES) {
    output.copyWithin(out, out - offset, out - offset + length);
    return;
  }
  for (let end = out + length, to = out; to < end; to++) output[to] = output[to - offset]!;
}

/** An unsigned number of up to four bytes. Throws CorruptError when they are not there. */
export function littleEndian(input: Uint8Array, at: number, bytes: number): number {
  if (at + bytes > input.length) throw new CorruptError("unexpected EOF");
  let value = 0;
  for (let index = bytes - 1; index >= 0; index--) value = value * 256 + input[at + index]!;
  return value;
}
