// LZ4's frame format, decoded within bounds whatever the bytes are. Its checksums are not looked at.
import { copyWithin, littleEndian } from "./bytes.ts";
import { CorruptError, TooLargeError } from "./errors.ts";

const FRAME_MAGIC = 0x184d_2204;
const FLAG = { blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const;
const UNCOMPRESSED = 0x8000_0000;

const invalid = (what: string): CorruptError => new CorruptError(`lz4: ${what}`);

/** Decodes one frame. Throws TooLargeError when it holds more than `maxBytes`. */
export function decodeLz4(input: Uint8Array, maxBytes: number): Buffer {
  if (input.length === 0) return Buffer.alloc(0);
  const output = new Output(maxBytes, input.length);
  let at = headerBytes(input);
  const checksumBytes = input[4]! & FLAG.blockChecksum ? 4 : 0;
  for (;;) {
    const header = littleEndian(input, at, 4);
    at += 4;
    if (header === 0) return output.take(); // The end mark.
    const length = header >= UNCOMPRESSED ? header - UNCOMPRESSED : header;
    const block = input.subarray(at, at + length);
    if (block.length < length) throw new CorruptError("unexpected EOF");
    if (header >= UNCOMPRESSED) output.append(block, 0, length);
    else decodeBlock(block, output);
    at += length + checksumBytes;
  }
}

/** How long the frame's header is. */
function headerBytes(input: Uint8Array): number {
  if (littleEndian(input, 0, 4) !== FRAME_MAGIC) throw invalid("bad magic number");
  const flags = littleEndian(input, 4, 1);
  if (flags >> 6 !== 1) throw invalid("invalid version");
  if (flags & FLAG.dictionary) throw invalid("dictionaries are not supported");
  return 7 + (flags & FLAG.contentSize ? 8 : 0);
}

/** Appends a block's sequences, each some literals and a copy of what came before. */
function decodeBlock(block: Uint8Array, output: Output): void {
  for (let at = 0; at < block.length; ) {
    const token = block[at]!;
    const literals = lengthAt(block, at + 1, token >> 4);
    if (literals.end + literals.length > block.length) throw invalid("corrupt input");
    output.append(block, literals.end, literals.end + literals.length);
    at = literals.end + literals.length;
    if (at === block.length) return; // The last sequence has no copy.
    const offset = littleEndian(block, at, 2);
    const copy = lengthAt(block, at + 2, token & 15);
    output.repeat(offset, copy.length + 4);
    at = copy.end;
  }
}

/** A length, and where it ends: 15 goes on in the bytes that follow, up to one that is not 255. */
function lengthAt(block: Uint8Array, start: number, short: number): { length: number; end: number } {
  if (short < 15) return { length: short, end: start };
  let length = short;
  for (let at = start; at < block.length; at++) {
    length += block[at]!;
    if (block[at] !== 255) return { length, end: at + 1 };
  }
  throw invalid("corrupt input");
}

/** Output whose size is not known beforehand. */
class Output {
  readonly #maxBytes: number;
  #buffer: Buffer;
  #length = 0;

  constructor(maxBytes: number, inputBytes: number) {
    this.#maxBytes = maxBytes;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(maxBytes, inputBytes * 4));
  }

  append(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#buffer.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  repeat(offset: number, length: number): void {
    if (offset === 0 || offset > this.#length) throw invalid("corrupt input");
    this.#reserve(length);
    copyWithin(this.#buffer, this.#length, offset, length);
    this.#length += length;
  }

  take(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed > this.#maxBytes) throw new TooLargeError();
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(
      Math.min(this.#maxBytes, Math.max(needed, this.#buffer.length * 2)),
    );
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
