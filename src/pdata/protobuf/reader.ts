// Hot path: reads protobuf fields in place, one message at a time, with no copy until a value is asked for.
import { MalformedError, WIRE } from "./wire.ts";

/** 64 bits in groups of 7. */
const MAX_VARINT_BYTES = 10;

/**
 * Walks the fields of one message.
 *
 * `next()` steps to a field and checks that it lies inside the message; the accessors then read its value.
 * Every method throws MalformedError on bytes that are not protobuf, and always moves forward.
 */
export class Reader {
  readonly buf: Uint8Array;
  readonly end: number;
  /** The current field's number and wire type. */
  field = 0;
  wire = 0;
  /** Where the current field's tag begins, and where its value begins and ends. */
  tagStart = 0;
  start = 0;
  stop = 0;

  constructor(buf: Uint8Array, start = 0, end: number = buf.length) {
    this.buf = buf;
    this.stop = start;
    this.end = end;
  }

  /** Steps to the next field; false at the end of the message. */
  next(): boolean {
    if (this.stop >= this.end) return false;
    this.tagStart = this.stop;
    this.start = this.stop;
    const tag = this.#length();
    this.field = tag >>> 3;
    this.wire = tag & 7;
    if (this.field === 0)
      throw new MalformedError(`malformed protobuf: field number 0 at byte ${this.tagStart}`);
    this.stop = this.#valueEnd();
    if (this.stop > this.end) {
      throw new MalformedError(
        `malformed protobuf: field ${this.field} at byte ${this.tagStart} runs past the end of its message`,
      );
    }
    return true;
  }

  /** Throws when the current field cannot be a message. */
  expectMessage(): void {
    this.expect(WIRE.bytes);
  }

  /** A reader over the current field, which must be a message. */
  message(): Reader {
    this.expect(WIRE.bytes);
    return new Reader(this.buf, this.start, this.stop);
  }

  /** The current field's bytes, not copied. */
  bytes(): Uint8Array {
    this.expect(WIRE.bytes);
    return this.buf.subarray(this.start, this.stop);
  }

  /** The current field as text; bytes that are not UTF-8 become U+FFFD. */
  string(): string {
    this.expect(WIRE.bytes);
    return utf8(this.buf, this.start, this.stop);
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  /** A uint32 or enum, of which protobuf keeps the low 32 bits. */
  uint32(): number {
    return Number(BigInt.asUintN(32, this.uint64()));
  }

  int32(): number {
    return Number(BigInt.asIntN(32, this.uint64()));
  }

  sint32(): number {
    const zigzag = this.uint32();
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  uint64(): bigint {
    this.expect(WIRE.varint);
    return varint64(this.buf, this.start, this.stop);
  }

  fixed32(): number {
    this.expect(WIRE.fixed32);
    return this.#view().getUint32(0, true);
  }

  fixed64(): bigint {
    this.expect(WIRE.fixed64);
    return this.#view().getBigUint64(0, true);
  }

  sfixed64(): bigint {
    this.expect(WIRE.fixed64);
    return this.#view().getBigInt64(0, true);
  }

  double(): number {
    this.expect(WIRE.fixed64);
    return this.#view().getFloat64(0, true);
  }

  /** Adds the current field, one value or a packed run, to `into`. */
  pushDoubles(into: number[]): void {
    const view = this.#packedView(8);
    for (let at = 0; at < view.byteLength; at += 8) into.push(view.getFloat64(at, true));
  }

  pushFixed64(into: bigint[]): void {
    const view = this.#packedView(8);
    for (let at = 0; at < view.byteLength; at += 8) into.push(view.getBigUint64(at, true));
  }

  pushUint64(into: bigint[]): void {
    if (this.wire === WIRE.varint) {
      into.push(this.uint64());
      return;
    }
    this.expect(WIRE.bytes);
    for (let at = this.start; at < this.stop; ) {
      const end = varintEnd(this.buf, at, this.stop);
      into.push(varint64(this.buf, at, end));
      at = end;
    }
  }

  /** Throws when the current field is not of this wire type. */
  expect(wire: number): void {
    if (this.wire === wire) return;
    throw new MalformedError(
      `malformed protobuf: field ${this.field} at byte ${this.tagStart} has wire type ${this.wire}, expected ${wire}`,
    );
  }

  #view(): DataView {
    return new DataView(this.buf.buffer, this.buf.byteOffset + this.start, this.stop - this.start);
  }

  #packedView(width: number): DataView {
    if (this.wire !== WIRE.fixed64) this.expect(WIRE.bytes);
    if ((this.stop - this.start) % width === 0) return this.#view();
    throw new MalformedError(
      `malformed protobuf: packed field ${this.field} at byte ${this.tagStart} is not a multiple of ${width} bytes`,
    );
  }

  #valueEnd(): number {
    switch (this.wire) {
      case WIRE.bytes: {
        const length = this.#length();
        return this.start + length;
      }
      case WIRE.varint:
        return varintEnd(this.buf, this.start, this.end);
      case WIRE.fixed64:
        return this.start + 8;
      case WIRE.fixed32:
        return this.start + 4;
      default:
        throw new MalformedError(`malformed protobuf: wire type ${this.wire} at byte ${this.tagStart}`);
    }
  }

  /** Reads a tag or a length at `start` and moves `start` behind it; padded (non-minimal) forms are legal. */
  #length(): number {
    const { buf, end } = this;
    let at = this.start;
    let value = 0;
    for (let shift = 0; shift < 28 && at < end; shift += 7) {
      const byte = buf[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.start = at;
        return value;
      }
    }
    return this.#longLength(value, at);
  }

  /** The rest of a tag or length of more than four bytes; whatever lies above 32 bits must be padding. */
  #longLength(low: number, from: number): number {
    let value = low;
    for (let at = from, scale = 2 ** 28; at < this.end && at < this.start + MAX_VARINT_BYTES; at++) {
      const byte = this.buf[at]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte >= 0x80) continue;
      if (value > 0xffff_ffff) break;
      this.start = at + 1;
      return value;
    }
    throw new MalformedError(`malformed protobuf: no tag or length at byte ${this.start}`);
  }
}

/** Text of `buf[start, stop)`; what is not UTF-8 becomes U+FFFD. */
function utf8(buf: Uint8Array, start: number, stop: number): string {
  return Buffer.from(buf.buffer, buf.byteOffset + start, stop - start).toString("utf8");
}

function varintEnd(buf: Uint8Array, start: number, end: number): number {
  const limit = Math.min(end, start + MAX_VARINT_BYTES);
  for (let at = start; at < limit; at++) if (buf[at]! < 0x80) return at + 1;
  throw new MalformedError(`malformed protobuf: no end of the varint at byte ${start}`);
}

function varint64(buf: Uint8Array, start: number, stop: number): bigint {
  let low = 0; // the first 49 bits fit a double exactly
  let at = start;
  for (let shift = 0; at < stop && shift < 49; shift += 7) low += (buf[at++]! & 0x7f) * 2 ** shift;
  if (at >= stop) return BigInt(low);
  let high = 0;
  for (let shift = 0; at < stop; shift += 7) high += (buf[at++]! & 0x7f) * 2 ** shift;
  return BigInt.asUintN(64, BigInt(low) + (BigInt(high) << 49n));
}
