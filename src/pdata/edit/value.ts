// Hot path: encodes attribute values, as decode/common.ts gives them.
import type { AnyValue, KeyValueList } from "../decode/common.ts";
import type { Writer } from "../protobuf/writer.ts";

const TAG = {
  string: 0x0a,
  bool: 0x10,
  int: 0x18,
  double: 0x21,
  array: 0x2a,
  list: 0x32,
  bytes: 0x3a,
} as const;

/** Writes a KeyValue field; `key` is UTF-8. */
export function writeKeyValue(out: Writer, tag: number, key: Uint8Array, value: AnyValue): void {
  const start = out.begin(tag);
  out.bytes(0x0a, key);
  writeAnyValue(out, 0x12, value);
  out.end(start);
}

/** Writes an AnyValue field. */
export function writeAnyValue(out: Writer, tag: number, value: AnyValue): void {
  const start = out.begin(tag);
  writeKind(out, value);
  out.end(start);
}

function writeKind(out: Writer, value: AnyValue): void {
  if (typeof value === "string") out.string(TAG.string, value);
  else if (typeof value === "boolean") out.bool(TAG.bool, value);
  else if (typeof value === "number") out.double(TAG.double, value);
  else if (typeof value === "bigint") writeInt(out, value);
  else if (value instanceof Uint8Array) out.bytes(TAG.bytes, value);
  else if (isArray(value)) writeArray(out, value);
  else if (value) writeList(out, value);
}

function writeInt(out: Writer, value: bigint): void {
  out.reserve(11);
  out.buf[out.pos++] = TAG.int;
  out.rawVarint64(value);
}

function isArray(value: AnyValue): value is readonly AnyValue[] {
  return Array.isArray(value);
}

function writeArray(out: Writer, values: readonly AnyValue[]): void {
  const start = out.begin(TAG.array);
  for (const value of values) writeAnyValue(out, 0x0a, value);
  out.end(start);
}

function writeList(out: Writer, { entries }: KeyValueList): void {
  const start = out.begin(TAG.list);
  for (const { key, value } of entries) writeKeyValue(out, 0x0a, Buffer.from(key), value);
  out.end(start);
}
