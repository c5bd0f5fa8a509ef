import { closeSync, openSync, writevSync } from "node:fs";
import { crc32 } from "node:zlib";
import { CHECKED_BYTES, FORMAT_VERSION, FRAME_HEADER_BYTES, MAGIC, PREAMBLE_BYTES } from "./frame.ts";

/** Appends frames to a file, each in one write, so that whoever reads meanwhile finds whole frames. */
export class FrameWriter {
  readonly #file: number;
  readonly #onError: (error: Error) => void;
  readonly #header: Buffer = Buffer.alloc(FRAME_HEADER_BYTES);
  #bytes: number = PREAMBLE_BYTES;
  #open = true;
  #failed = false;

  /**
   * Makes or empties the file at `path`, readable by its owner alone. Throws where that cannot be done. `onError` is called
   * once, when the disk is full or gone; what is written after that is dropped.
   */
  constructor(path: string, onError: (error: Error) => void) {
    this.#file = openSync(path, "w", 0o600);
    this.#onError = onError;
    const preamble = Buffer.alloc(PREAMBLE_BYTES);
    MAGIC.copy(preamble);
    preamble.writeUInt32LE(FORMAT_VERSION, MAGIC.length);
    try {
      writeWhole(this.#file, [preamble]);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#bytes;
  }

  write(type: number, ...parts: readonly Uint8Array[]): void {
    if (this.#failed || !this.#open) return;
    try {
      this.#write(type, parts);
    } catch (error) {
      this.#failed = true;
      this.#onError(error as Error);
    }
  }
  writeJson(type: number, value: unknown): void {
    this.write(type, Buffer.from(JSON.stringify(value)));
  }

  /** May be called twice. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
  }

  #write(type: number, parts: readonly Uint8Array[]): void {
    const header = this.#header;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    header.writeUInt32LE(length, 0);
    header.writeUInt32LE(type, 4);
    let sum = crc32(header.subarray(0, CHECKED_BYTES));
    for (const part of parts) sum = crc32(part, sum);
    header.writeUInt32LE(sum, CHECKED_BYTES);
    writeWhole(this.#file, [header, ...parts]);
    this.#bytes += FRAME_HEADER_BYTES + length;
  }
}

/** A write may take less than it was given. */
function writeWhole(file: number, parts: readonly Uint8Array[]): void {
  let rest = parts;
  for (;;) {
    let written = writevSync(file, rest as Uint8Array[]);
    while (rest.length > 0 && written >= rest[0]!.length) {
      written -= rest[0]!.length;
      rest = rest.slice(1);
    }
    if (rest.length === 0) return;
    rest = [rest[0]!.subarray(written), ...rest.slice(1)];
  }
}
