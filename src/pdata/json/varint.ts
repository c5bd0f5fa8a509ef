// Hot path: varints as two 32-bit halves, since a bigint would be allocated for each.

/** The 64 bits of a varint as signed halves. */
export interface Halves {
  lo: number;
  hi: number;
}

const halves: Halves = { lo: 0, hi: 0 };

/** Reads the varint in `buf[start, stop)`; what it gives is overwritten by the next call. */
export function readVarint(buf: Uint8Array, start: number, stop: number): Readonly<Halves> {
  let lo = 0;
  let hi = 0;
  for (let at = start, shift = 0; at < stop; at++, shift += 7) {
    const bits = buf[at]! & 0x7f;
    if (shift < 32) lo |= bits << shift;
    if (shift > 25 && shift < 32) hi |= bits >>> (32 - shift);
    else if (shift >= 32) hi |= bits << (shift - 32);
  }
  halves.lo = lo;
  halves.hi = hi;
  return halves;
}
