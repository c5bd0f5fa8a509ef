// Hot: Snappy's block format, decoded within bounds whatever the bytes are. snappyjs is not used for what comes from
// peers: a literal's length of 2^31 and more makes it go back in its input, for ever.
import { copyWithin, littleEndian } from "./bytes.ts";
import { CorruptError, TooLargeError } from "./errors.ts";

const corrupt = (): CorruptError => new CorruptError("snappy: corrupt input");

/** Decodes one block. Throws TooLargeError before it takes more memory than `maxBytes`. */
export function decodeSnappy(input: Uint8Array, maxBytes: number): Buffer {
  const decoder = new BlockDecoder(input);
  return decoder.decode(maxBytes);
}

class BlockDecoder {
  readonly #input: Uint8Array;
  #at = 0;
  #output: Buffer = Buffer.alloc(0);
  #out = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  decode(maxBytes: number): Buffer {
    const length = this.#uncompressedLength();
    if (length > maxBytes) throw new TooLargeError("snappy: decoded size exceeds max request body size");
    this.#output = Buffer.allocUnsafe(length);
    while (this.#at < this.#input.length) {
      const tag = this.#input[this.#at++]!;
      if ((tag & 3) === 0) this.#literal(tag);
      else this.#copy(tag);
    }
    if (this.#out !== length) throw corrupt();
    return this.#output;
  }

  #uncompressedLength(): number {
    let length = 0;
    for (let scale = 1; this.#at < 5; scale *= 128) {
      const byte = this.#input[this.#at++];
      if (byte === undefined) throw corrupt();
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) return length;
    }
    throw corrupt();
  }

  /** Lengths over 60 follow in one to four bytes. */
  #literal(tag: number): void {
    const extra = Math.max(0, (tag >> 2) - 59);
    const length = 1 + (extra === 0 ? tag >> 2 : this.#number(extra));
    const end = this.#at + length;
    if (end > this.#input.length || this.#out + length > this.#output.length) throw corrupt();
    this.#output.set(this.#input.subarray(this.#at, end), this.#out);
    this.#at = end;
    this.#out += length;
  }

  #copy(tag: number): void {
    const kind = tag & 3;
    const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
    const offset = kind === 1 ? (tag >> 5) * 256 + this.#number(1) : this.#number(kind === 2 ? 2 : 4);
    if (offset === 0 || offset > this.#out || this.#out + length > this.#output.length) throw corrupt();
    copyWithin(this.#output, this.#out, offset, length);
    this.#out += length;
  }

  #number(bytes: number): number {
    const value = littleEndian(this.#input, this.#at, bytes);
    this.#at += bytes;
    return value;
  }
}
