// The format of a storage file: a header, then records, each of which is one batch of changes with its checksum.
//
//   record  = length u32le, crc32 of the payload u32le, payload
//   payload = { operation u8 (1 set, 2 delete), length of the key u16le, key, [length of the value u32le, value] } …
import { crc32 } from "node:zlib";
import type { StorageOperation } from "../../component/storage.ts";

export const HEADER: Buffer = Buffer.from("WSSTORE1");
export const FRAME_BYTES = 8;
const SET = 1;
const DELETE = 2;

/** Where a value is in the file. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** One change of a record; `value` is undefined for a deletion. */
export interface Change {
  readonly key: string;
  /** Relative to the record's payload. */
  readonly value: Extent | undefined;
}

/** Encodes the changes among `operations` as one record; undefined when there are none. */
export function encodeRecord(operations: readonly StorageOperation[]): Buffer | undefined {
  const parts = operations.flatMap((operation) => (operation.type === "get" ? [] : encodeChange(operation)));
  if (parts.length === 0) return undefined;
  const record = Buffer.concat([Buffer.alloc(FRAME_BYTES), ...parts]);
  record.writeUInt32LE(record.length - FRAME_BYTES, 0);
  record.writeUInt32LE(crc32(record.subarray(FRAME_BYTES)), 4);
  return record;
}

function encodeChange(operation: Exclude<StorageOperation, { type: "get" }>): Uint8Array[] {
  const key = Buffer.from(operation.key);
  const head = Buffer.alloc(3);
  head.writeUInt8(operation.type === "delete" ? DELETE : SET, 0);
  head.writeUInt16LE(key.length, 1);
  if (operation.type !== "set") return [head, key];
  const length = Buffer.alloc(4);
  length.writeUInt32LE(operation.value.length, 0);
  return [head, key, length, operation.value];
}

/** What a record's frame says of its payload. */
export interface Frame {
  readonly length: number;
  readonly checksum: number;
}

export function readFrame(bytes: Buffer): Frame {
  return { length: bytes.readUInt32LE(0), checksum: bytes.readUInt32LE(4) };
}

/** Whether `payload` is what was written. */
export function isWhole({ length, checksum }: Frame, payload: Buffer): boolean {
  return length > 0 && payload.length === length && crc32(payload) === checksum;
}

/** The changes of a record whose checksum was right. */
export function* changesOf(payload: Buffer): Iterable<Change> {
  for (let at = 0; at < payload.length; ) {
    const operation = payload.readUInt8(at);
    const keyEnd = at + 3 + payload.readUInt16LE(at + 1);
    const key = payload.toString("utf8", at + 3, keyEnd);
    if (operation === DELETE) {
      yield { key, value: undefined };
      at = keyEnd;
    } else {
      const length = payload.readUInt32LE(keyEnd);
      yield { key, value: { offset: keyEnd + 4, length } };
      at = keyEnd + 4 + length;
    }
  }
}

/** Where in the file the values are of a record, given whole, that is at `start`; undefined for a deletion. */
export function* extentsIn(record: Buffer, start: number): Iterable<[string, Extent | undefined]> {
  for (const { key, value } of changesOf(record.subarray(FRAME_BYTES))) {
    yield [key, value && { offset: start + FRAME_BYTES + value.offset, length: value.length }];
  }
}
