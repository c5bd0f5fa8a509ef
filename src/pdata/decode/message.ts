// How messages become objects: one table per message, from field number to what is done with it.
import type { Reader } from "../protobuf/reader.ts";
import { MalformedError } from "../protobuf/wire.ts";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What to do with each known field; others are skipped, as protobuf asks. */
export type FieldTable<T> = Readonly<Record<number, (into: Mutable<T>, field: Reader) => void>>;

/** Reads every field of a message into `into`, which holds the defaults. */
export function readFields<T>(reader: Reader, into: Mutable<T>, table: FieldTable<T>): T {
  while (reader.next()) table[reader.field]?.(into, reader);
  return into;
}

/** A trace or span id as hex, empty when absent. Throws MalformedError when it is not `bytes` long. */
export function readId(field: Reader, bytes: 8 | 16): string {
  const id = field.bytes();
  if (id.length !== 0 && id.length !== bytes) {
    throw new MalformedError(`malformed id: ${id.length} bytes, expected ${bytes}`);
  }
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString("hex");
}
