// Reads a storage file from its beginning to the last record that is whole.
import type { FileHandle } from "node:fs/promises";
import { changesOf, type Extent, FRAME_BYTES, HEADER, isWhole, readFrame } from "./record.ts";

/** What a file holds, and what of it was lost. */
export interface Recovered {
  readonly extents: Map<string, Extent>;
  /** Where the last good record ends; what is behind is to be cut off. */
  readonly end: number;
  readonly lostBytes: number;
  /** Records in the middle whose bytes changed after they were written. */
  readonly lostRecords: number;
}

/** Thrown for a file that something else has written. */
export class ForeignFileError extends Error {
  override readonly name = "ForeignFileError";
}

/**
 * Scans `file`. A record that was torn by a crash ends the scan; one whose bytes are wrong is left out when the next
 * one is right. Throws a ForeignFileError when it does not begin as our files do.
 */
export async function recover(file: FileHandle, size: number): Promise<Recovered> {
  const header = await readAt(file, 0, Math.min(size, HEADER.length));
  if (!HEADER.subarray(0, header.length).equals(header)) throw new ForeignFileError("it has another header");
  const extents = new Map<string, Extent>();
  let lostRecords = 0;
  let end = Math.min(size, HEADER.length);
  while (end + FRAME_BYTES <= size) {
    const payload = await payloadAt(file, end, size);
    const next = payload && end + FRAME_BYTES + payload.bytes.length;
    if (payload?.whole) apply(extents, payload.bytes, end + FRAME_BYTES);
    else if (next && (await payloadAt(file, next, size))?.whole) lostRecords++;
    else break;
    end = next!;
  }
  return { extents, end, lostBytes: size - end, lostRecords };
}

/** The bytes of the record at `offset`, right or wrong; undefined when the file is too short for them. */
async function payloadAt(
  file: FileHandle,
  offset: number,
  size: number,
): Promise<{ readonly bytes: Buffer; readonly whole: boolean } | undefined> {
  if (offset + FRAME_BYTES > size) return undefined;
  const frame = readFrame(await readAt(file, offset, FRAME_BYTES));
  if (frame.length === 0 || offset + FRAME_BYTES + frame.length > size) return undefined;
  const bytes = await readAt(file, offset + FRAME_BYTES, frame.length);
  return { bytes, whole: isWhole(frame, bytes) };
}

function apply(extents: Map<string, Extent>, payload: Buffer, start: number): void {
  for (const { key, value } of changesOf(payload)) {
    extents.delete(key); // Set again, it is the newest.
    if (value) extents.set(key, { offset: start + value.offset, length: value.length });
  }
}

/** Exactly `length` bytes. */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
    if (bytesRead === 0)
      throw new Error(`read ${length} bytes at ${offset}: the file ends at ${offset + read}`);
    read += bytesRead;
  }
  return bytes;
}
