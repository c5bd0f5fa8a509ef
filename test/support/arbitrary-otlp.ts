// Arbitrary OTLP requests as protobuf bytes: every field there is, in any order, and fields that nobody knows yet.
import fc from "fast-check";
import type { Signal } from "../../src/pdata/index.ts";
import type { Field, Message } from "../../src/pdata/json/fields.ts";
import * as kinds from "../../src/pdata/json/kinds.ts";
import { ANY_VALUE, REQUESTS } from "../../src/pdata/json/messages.ts";
import { Writer } from "../../src/pdata/protobuf/writer.ts";

/** How deep values nest; protobuf and JSON are read to a depth of 100. */
const MAX_DEPTH = 4;

/** Bytes of one written value, without its tag. */
type Bytes = fc.Arbitrary<Uint8Array>;

function written<T>(values: fc.Arbitrary<T>, write: (out: Writer, value: T) => void): Bytes {
  return values.map((value) => {
    const out = new Writer(64);
    out.reserve(20);
    write(out, value);
    return out.take();
  });
}

const ofLength = (size: number): Bytes =>
  written(
    fc.constantFrom(0, size).chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
    (out, id) => {
      out.rawVarint(id.length);
      out.append(id);
    },
  );
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -9n, max: 9n }),
);
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 9n }));
const varint = (values: fc.Arbitrary<bigint | number>) =>
  written(values, (out, value) => out.rawVarint64(value));
const fixed64 = (values: fc.Arbitrary<bigint>) => written(values, (out, value) => out.rawFixed64(value));

/** Values of each kind; enums are INT32s that are not in here, so that unknown ones occur. */
const VALUES: ReadonlyMap<kinds.Kind, Bytes> = new Map([
  [
    kinds.STRING,
    written(fc.string({ unit: "binary", maxLength: 40 }), (out, text) => {
      out.reserve(3 * text.length + 6);
      out.rawString(text);
    }),
  ],
  [
    kinds.BYTES,
    written(fc.uint8Array({ maxLength: 40 }), (out, bytes) => {
      out.rawVarint(bytes.length);
      out.append(bytes);
    }),
  ],
  [kinds.BOOL, varint(fc.constantFrom(0, 1))],
  [kinds.INT32, varint(fc.integer())],
  [kinds.UINT32, varint(fc.nat(0xffff_ffff))],
  [kinds.SINT32, varint(fc.nat(0xffff_ffff))],
  [kinds.INT64, varint(int64)],
  [kinds.UINT64, varint(uint64)],
  [
    kinds.FIXED32,
    written(fc.nat(0xffff_ffff), (out, value) => {
      out.view.setUint32(0, value, true);
      out.pos += 4;
    }),
  ],
  [kinds.FIXED64, fixed64(uint64)],
  [kinds.SFIXED64, fixed64(int64)],
  [kinds.DOUBLE, written(fc.double(), (out, value) => out.rawDouble(value))],
  [kinds.TRACE_ID, ofLength(16)],
  [kinds.SPAN_ID, ofLength(8)],
]);
const ENUM = varint(fc.integer({ min: 0, max: 30 }));

function valueBytes(field: Field, depth: number): Bytes {
  const { message, kind } = field;
  if (message) return lengthBefore(messageBytes(message, depth));
  const value = VALUES.get(kind!) ?? ENUM;
  return field.packed
    ? lengthBefore(fc.array(value, { maxLength: 5 }).map((each) => Buffer.concat(each)))
    : value;
}

const lengthBefore = (bodies: Bytes) =>
  written(bodies, (out, body) => {
    out.rawVarint(body.length);
    out.append(body);
  });

/** A field, tag and all. */
function fieldBytes(field: Field, depth: number): Bytes {
  return written(valueBytes(field, depth), (out, value) => {
    out.rawVarint(field.tag);
    out.append(value);
  });
}

/** A field of a later OTLP: number 900, with a text in it. */
export const UNKNOWN: Bytes = written(fc.string({ maxLength: 8 }), (out, text) => {
  out.rawVarint((900 << 3) | 2);
  out.rawString(text);
});

/** A message's fields: of singular ones none or one, of one-ofs one; in any order. */
function messageBytes(message: Message, depth = 0): Bytes {
  const deeper = message === ANY_VALUE ? depth + 1 : depth;
  const known = message.fields.filter((field) => deeper <= MAX_DEPTH || !field.message);
  const chosen = known.filter((field) => field.choice);
  const parts: fc.Arbitrary<Uint8Array[]>[] = known
    .filter((field) => !field.choice)
    .map((field) =>
      fc.array(
        fc.constant(field).chain((each) => fieldBytes(each, deeper)),
        { maxLength: field.repeated ? 3 : 1 },
      ),
    );
  if (chosen.length > 0) {
    parts.push(
      fc.array(
        fc.constantFrom(...chosen).chain((field) => fieldBytes(field, deeper)),
        { maxLength: 1 },
      ),
    );
  }
  parts.push(fc.array(UNKNOWN, { maxLength: 1 }));
  return fc
    .tuple(...parts)
    .chain((all) => fc.shuffledSubarray(all.flat(), { minLength: all.flat().length }))
    .map((fields) => Buffer.concat(fields));
}

/** Requests of a signal, from empty to a few items. */
export function arbitraryRequest(signal: Signal): fc.Arbitrary<Uint8Array> {
  return messageBytes(REQUESTS[signal]);
}
