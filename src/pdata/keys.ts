// Attribute names and whole attributes encoded once, at module load, instead of once per span.
import { type EncodedBytes, toEncoded } from "./protobuf/encoded.ts";
import { Writer } from "./protobuf/writer.ts";

/** A name ready to be written: the key of an attribute. */
export interface InternedKey {
  readonly name: string;
  /** KeyValue.key, tag and length included. */
  readonly encoded: EncodedBytes;
}

/** An attribute whose value never changes, ready to be written in one go. */
export interface InternedAttribute {
  readonly key: string;
  /** The body of the KeyValue message. */
  readonly encoded: EncodedBytes;
}

/** Prepares an attribute name. Call it once per name, not per record. */
export function internKey(name: string): InternedKey {
  const out = new Writer(8 + name.length);
  out.string(0x0a, name);
  return { name, encoded: toEncoded(out.take()) };
}

/** Prepares a whole attribute, for the few values that most records share (`GET`, `http`, 200). */
export function internAttribute(key: string, value: string | number | boolean): InternedAttribute {
  const out = new Writer(64);
  out.string(0x0a, key);
  const any = out.begin(0x12);
  if (typeof value === "string") out.string(0x0a, value);
  else if (typeof value === "boolean") out.bool(0x10, value);
  else writeNumber(out, value);
  const length = out.pos - any;
  if (length < 0x80) shrinkLength(out, any, length);
  else out.end(any);
  return { key, encoded: toEncoded(out.take()) };
}

function writeNumber(out: Writer, value: number): void {
  if (!Number.isInteger(value)) {
    out.double(0x21, value);
    return;
  }
  out.reserve(11);
  out.buf[out.pos++] = 0x18;
  out.rawVarint64(value);
}

/** Replaces the padded length by one byte: these bytes are written a million times. */
function shrinkLength(out: Writer, start: number, length: number): void {
  out.buf[start - 4] = length;
  out.buf.copyWithin(start - 3, start, out.pos);
  out.pos -= 3;
}
