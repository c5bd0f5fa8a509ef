// Reads a recording frame by frame, with no more of it in memory than its longest frame.
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { constants, crc32, gunzipSync } from "node:zlib";
import {
  CHECKED_BYTES,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  MAGIC,
  MAX_PAYLOAD_BYTES,
  PREAMBLE_BYTES,
  RecordingError,
} from "./frame.ts";

const READ_BYTES = 1 << 20;
const GZIP = [0x1f, 0x8b] as const;

/** `payload` is valid until the next frame is read. */
export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

/** How the file ended: after a whole frame, inside of one, or with bytes that are not what was written. */
export type FileEnd = "whole" | "cut" | "damaged";

/** Fills `into` from the file; returns less than its length only at the end. */
type Read = (into: Buffer) => number;

export class FrameReader {
  readonly #read: Read;
  readonly #close: () => void;
  #buffer: Buffer = Buffer.alloc(READ_BYTES);
  #start = 0;
  #filled = 0;
  #position: number = PREAMBLE_BYTES;
  #end: FileEnd | undefined;

  /** Opens a recording, which gzip may have packed. Throws a RecordingError where it is none. */
  constructor(path: string) {
    const { read, close } = openFile(path);
    this.#read = read;
    this.#close = close;
    try {
      this.#checkPreamble(path);
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Undefined until the last frame was read. */
  get end(): FileEnd | undefined {
    return this.#end;
  }

  /** Where in the (unpacked) file the next frame begins. */
  get position(): number {
    return this.#position;
  }

  /** The next frame; undefined at the end, and at the first frame that is not whole. */
  next(): Frame | undefined {
    if (this.#end) return undefined;
    const available = this.#fill(FRAME_HEADER_BYTES);
    if (available < FRAME_HEADER_BYTES) return this.#endsAs(available === 0 ? "whole" : "cut");
    const length = this.#buffer.readUInt32LE(this.#start);
    if (length > MAX_PAYLOAD_BYTES) return this.#endsAs("damaged");
    const bytes = FRAME_HEADER_BYTES + length;
    if (this.#fill(bytes) < bytes) return this.#endsAs("cut");
    const header = this.#buffer.subarray(this.#start, this.#start + FRAME_HEADER_BYTES);
    const payload = this.#buffer.subarray(this.#start + FRAME_HEADER_BYTES, this.#start + bytes);
    const sum = crc32(payload, crc32(header.subarray(0, CHECKED_BYTES)));
    if (sum !== header.readUInt32LE(CHECKED_BYTES)) return this.#endsAs("damaged");
    this.#start += bytes;
    this.#position += bytes;
    return { type: header.readUInt32LE(4), payload };
  }

  /** May be called twice. */
  close(): void {
    this.#close();
  }

  #endsAs(end: FileEnd): undefined {
    this.#end = end;
  }

  #checkPreamble(path: string): void {
    const available = this.#fill(PREAMBLE_BYTES);
    const magic = this.#buffer.subarray(0, MAGIC.length);
    if (available < PREAMBLE_BYTES || !magic.equals(MAGIC))
      throw new RecordingError(`read ${path}: not a recording of wattspan`);
    const version = this.#buffer.readUInt32LE(MAGIC.length);
    if (version !== FORMAT_VERSION)
      throw new RecordingError(
        `read ${path}: format ${version}, this version reads format ${FORMAT_VERSION}; play it with the version that recorded it`,
      );
    this.#start += PREAMBLE_BYTES;
  }

  /** Has at least `wanted` bytes in the buffer, if there are; returns how many there are, `wanted` at most. */
  #fill(wanted: number): number {
    const left = this.#filled - this.#start;
    if (left >= wanted) return wanted;
    const target =
      this.#buffer.length >= wanted ? this.#buffer : Buffer.alloc(Math.max(wanted, 2 * READ_BYTES));
    this.#buffer.copy(target, 0, this.#start, this.#filled);
    this.#buffer = target;
    this.#start = 0;
    this.#filled = left + this.#read(target.subarray(left));
    return Math.min(this.#filled, wanted);
  }
}

function openFile(path: string): { readonly read: Read; readonly close: () => void } {
  const file = openSync(path, "r");
  const first = Buffer.alloc(GZIP.length);
  readSync(file, first, 0, GZIP.length, 0);
  if (GZIP.every((byte, index) => first[index] === byte)) {
    closeSync(file);
    return { read: readFrom(unpack(path)), close: () => {} };
  }
  let open = true;
  return {
    read: (into) => readWhole(file, into),
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}

function readWhole(file: number, into: Buffer): number {
  let filled = 0;
  for (let bytes = 1; bytes > 0 && filled < into.length; filled += bytes)
    bytes = readSync(file, into, filled, into.length - filled, null);
  return filled;
}

function readFrom(bytes: Buffer): Read {
  let at = 0;
  return (into) => {
    const copied = bytes.copy(into, 0, at);
    at += copied;
    return copied;
  };
}

/** Of a file that was cut, as much as there is. */
function unpack(path: string): Buffer {
  try {
    return gunzipSync(readFileSync(path), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw new RecordingError(`read ${path}: damaged gzip`, { cause });
  }
}
