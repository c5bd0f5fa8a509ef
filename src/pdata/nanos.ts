// Hot path: nanoseconds since the epoch as two 32-bit halves, since a bigint would be allocated for each span.

/** A 64-bit time that is set again and again instead of allocated: keep one and hand it to the builders. */
export class Nanos {
  /** Halves of the unsigned 64-bit value, as signed integers so that V8 keeps them unboxed. */
  lo = 0;
  hi = 0;

  /** From the two halves as a kernel record has them. */
  setU32(lo: number, hi: number): this {
    this.lo = lo | 0;
    this.hi = hi | 0;
    return this;
  }

  setBigInt(ns: bigint): this {
    this.lo = Number(BigInt.asIntN(32, ns));
    this.hi = Number(BigInt.asIntN(32, ns >> 32n));
    return this;
  }

  /** From whole seconds (below 2^34) and the nanoseconds after them, both exact. */
  setSeconds(seconds: number, ns: number): this {
    // seconds * 1e9 needs 64 bits, so the upper and the lower 16 bits of the seconds go separately.
    const upper = Math.floor(seconds / 65_536) * 1e9;
    const lower = (seconds % 65_536) * 1e9 + ns;
    this.lo = ((upper % 65_536) * 65_536) | 0;
    this.hi = Math.floor(upper / 65_536) | 0;
    return this.addU32(lower | 0, Math.floor(lower / 4_294_967_296));
  }

  set(other: Nanos): this {
    this.lo = other.lo;
    this.hi = other.hi;
    return this;
  }

  add(other: Nanos): this {
    return this.addU32(other.lo, other.hi);
  }

  /** Adds a 64-bit value given as halves, modulo 2^64, so that a negative offset works too. */
  addU32(lo: number, hi: number): this {
    const sum = (this.lo >>> 0) + (lo >>> 0);
    this.lo = sum | 0;
    this.hi = (this.hi + hi + (sum > 0xffff_ffff ? 1 : 0)) | 0;
    return this;
  }

  toBigInt(): bigint {
    return (BigInt(this.hi >>> 0) << 32n) | BigInt(this.lo >>> 0);
  }
}
