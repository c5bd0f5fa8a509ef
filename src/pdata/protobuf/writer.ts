// Hot path: writes protobuf into one growing buffer, front to back, without knowing lengths beforehand.
import { isUtf8 } from "node:buffer";
import type { Nanos } from "../nanos.ts";
import type { EncodedBytes } from "./encoded.ts";
import { WIRE } from "./wire.ts";

/**
 * Bytes kept for a message's length until it is known. The varint is padded to this size, which is legal
 * protobuf (non-minimal), costs 0.7 % of a span, and saves a second pass or a copy.
 */
const LENGTH_BYTES = 4;
const MAX_MESSAGE_BYTES = 2 ** (7 * LENGTH_BYTES) - 1;

/** Up to here a loop in JavaScript beats a call into C++ (measured: 22 ns and more a call). */
const SHORT_BYTES = 40;
const SHORT_TEXT = 16;

/** A protobuf writer. `begin`/`end` nest messages; field methods take the tag byte (fields 1 to 15) or number. */
export class Writer {
  buf: Buffer;
  view: DataView;
  pos = 0;
  #capacity: number;

  constructor(initialBytes = 4096) {
    this.#capacity = initialBytes;
    this.buf = Buffer.allocUnsafeSlow(initialBytes);
    this.view = new DataView(this.buf.buffer);
  }

  /** Makes room for `bytes` more; the methods below that say `raw` rely on the caller having done so. */
  reserve(bytes: number): void {
    if (this.pos + bytes > this.#capacity) this.#grow(bytes);
  }

  /** A copy of what was written; the writer starts anew in the same buffer. */
  take(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.pos);
    this.buf.copy(bytes, 0, 0, this.pos);
    this.pos = 0;
    return bytes;
  }

  /** What was written, where it is: until the next write. The writer starts anew. */
  takeView(): Buffer {
    const bytes = this.buf.subarray(0, this.pos);
    this.pos = 0;
    return bytes;
  }

  /** Opens a message field and returns the position `end` needs. */
  begin(tag: number): number {
    this.reserve(1 + LENGTH_BYTES);
    this.buf[this.pos] = tag;
    this.pos += 1 + LENGTH_BYTES;
    return this.pos;
  }

  /** Closes the message that began at `start` by filling in its length. */
  end(start: number): void {
    const length = this.pos - start;
    if (length > MAX_MESSAGE_BYTES) throw new RangeError(`encode message of ${length} bytes: over 256 MiB`);
    const { buf } = this;
    buf[start - 4] = (length & 0x7f) | 0x80;
    buf[start - 3] = ((length >>> 7) & 0x7f) | 0x80;
    buf[start - 2] = ((length >>> 14) & 0x7f) | 0x80;
    buf[start - 1] = length >>> 21;
  }

  /** Opens a run of bytes with its length before it, and returns the position `close` needs. */
  open(): number {
    this.reserve(1);
    return ++this.pos;
  }

  /** Closes the run that was opened at `start`; its length takes as few bytes as it can, so a long run is moved. */
  close(start: number): void {
    const length = this.pos - start;
    if (length < 0x80) {
      this.buf[start - 1] = length;
      return;
    }
    const more = varintBytes(length) - 1;
    this.reserve(more);
    this.buf.copyWithin(start + more, start, this.pos);
    this.pos = start - 1;
    this.rawVarint(length);
    this.pos += length;
  }

  /** A string field. Lone surrogates become U+FFFD, so that the result is always valid UTF-8. */
  string(tag: number, value: string): void {
    this.reserve(6 + 3 * value.length);
    this.buf[this.pos++] = tag;
    this.rawString(value);
  }

  /** A string's length and bytes. */
  rawString(value: string): void {
    const start = this.pos;
    this.rawVarint(value.length);
    if (this.rawAscii(value)) return;
    this.pos = start;
    this.rawVarint(Buffer.byteLength(value));
    this.pos += this.buf.write(value, this.pos, "utf8");
  }

  /** Writes `value` if it is ASCII; else leaves the position behind rubbish and returns false. */
  rawAscii(value: string): boolean {
    const length = value.length;
    const { buf } = this;
    if (length > SHORT_TEXT) {
      const written = buf.write(value, this.pos, "utf8");
      this.pos += written;
      return written === length;
    }
    let at = this.pos;
    let all = 0;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      all |= code;
      buf[at++] = code;
    }
    this.pos = at;
    return all < 0x80;
  }

  /** A string field from bytes of `source`; what is not UTF-8 becomes U+FFFD. */
  utf8(tag: number, source: Uint8Array, start: number, end: number): void {
    this.reserve(6 + (end - start));
    const before = this.pos;
    this.buf[this.pos++] = tag;
    this.rawVarint(end - start);
    if (this.rawCopy(source, start, end) < 0x80 || isUtf8(source.subarray(start, end))) return;
    this.pos = before;
    this.string(tag, Buffer.from(source.subarray(start, end)).toString("utf8"));
  }

  /** Copies `source[start, end)`; returns the bitwise or of the bytes of a short copy, 0xff of a long one. */
  rawCopy(source: Uint8Array, start: number, end: number): number {
    const { buf } = this;
    let at = this.pos;
    if (end - start > SHORT_BYTES) {
      buf.set(start === 0 && end === source.length ? source : source.subarray(start, end), at);
      this.pos = at + end - start;
      return 0xff;
    }
    let all = 0;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      all |= byte;
      buf[at++] = byte;
    }
    this.pos = at;
    return all;
  }

  /** A bytes field. */
  bytes(tag: number, source: Uint8Array, start = 0, end: number = source.length): void {
    this.reserve(6 + (end - start));
    this.buf[this.pos++] = tag;
    this.rawVarint(end - start);
    this.rawCopy(source, start, end);
  }

  /** Any bytes as they are, such as a whole encoded field. */
  append(source: Uint8Array, start = 0, end: number = source.length): void {
    this.reserve(end - start);
    this.rawCopy(source, start, end);
  }

  /** A prepared run of bytes, four at a time; up to three bytes behind it are overwritten. */
  rawEncoded({ words, length }: EncodedBytes): void {
    const { view } = this;
    let at = this.pos;
    for (let i = 0; i < words.length; i++, at += 4) view.setInt32(at, words[i]!, true);
    this.pos += length;
  }

  /** A uint32 or enum field. */
  uint32(tag: number, value: number): void {
    this.reserve(6);
    this.buf[this.pos++] = tag;
    this.rawVarint(value);
  }

  bool(tag: number, value: boolean): void {
    this.uint32(tag, value ? 1 : 0);
  }

  double(tag: number, value: number): void {
    this.reserve(9);
    this.buf[this.pos++] = tag;
    this.rawDouble(value);
  }

  rawDouble(value: number): void {
    this.view.setFloat64(this.pos, value, true);
    this.pos += 8;
  }

  fixed32(fieldNumber: number, value: number): void {
    this.reserve(10);
    this.rawVarint((fieldNumber << 3) | WIRE.fixed32);
    this.view.setUint32(this.pos, value, true);
    this.pos += 4;
  }

  /** A fixed64 time field. */
  time(tag: number, { lo, hi }: Nanos): void {
    this.reserve(9);
    this.buf[this.pos++] = tag;
    this.view.setInt32(this.pos, lo, true);
    this.view.setInt32(this.pos + 4, hi, true);
    this.pos += 8;
  }

  /** A fixed64 or sfixed64 field from an integer; a number must be a safe integer. */
  fixed64(tag: number, value: number | bigint): void {
    this.reserve(9);
    this.buf[this.pos++] = tag;
    this.rawFixed64(value);
  }

  rawFixed64(value: number | bigint): void {
    if (typeof value === "bigint") {
      this.view.setBigInt64(this.pos, value, true);
    } else {
      this.view.setInt32(this.pos, (value % 4_294_967_296) | 0, true);
      this.view.setInt32(this.pos + 4, Math.floor(value / 4_294_967_296) | 0, true);
    }
    this.pos += 8;
  }

  /** An unsigned 32-bit varint. */
  rawVarint(value: number): void {
    const { buf } = this;
    let rest = value;
    while (rest > 0x7f) {
      buf[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buf[this.pos++] = rest;
  }

  /** A 64-bit varint of an integer; negative ones take ten bytes, as protobuf's int64 has it. */
  rawVarint64(value: number | bigint): void {
    if (typeof value === "number" && value >= 0 && value <= 0x7fff_ffff) {
      this.rawVarint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.buf[this.pos++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.buf[this.pos++] = Number(rest);
  }

  #grow(bytes: number): void {
    this.#capacity = Math.max(this.#capacity * 2, this.pos + bytes);
    const grown = Buffer.allocUnsafeSlow(this.#capacity);
    this.buf.copy(grown, 0, 0, this.pos);
    this.buf = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** How many bytes `value` (below 2^32) takes as a varint. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
