// Memory for bytes that live for a moment, used again and again instead of left to the garbage collector.

/** Given back by the last owner of the bytes, once. */
export interface Lease {
  release(): void;
}

export interface LentBytes {
  readonly bytes: Buffer;
  readonly lease: Lease;
}

const SLAB_BYTES = 256 << 10;
/** Two batches of the default size: one that is being sent, one that is being filled. */
const KEPT_SLABS = 28;

/**
 * Lends pieces of slabs. A slab whose pieces have all come back is used again, after its old views were detached: who
 * still looks at bytes that were given back finds none, never another's. Pieces that do not come back keep their slab
 * from being used again, and the garbage collector takes it when they are gone: giving back is not a must.
 */
export class Slabs {
  readonly #free: ArrayBuffer[] = [];
  #current: Slab | undefined;

  /** A copy of `source` in lent memory. */
  lend(source: Uint8Array): LentBytes {
    let slab = this.#current;
    if (!slab?.fits(source.length)) {
      slab?.retire();
      slab = new Slab(this.#takeBuffer(source.length), this.#keep);
      this.#current = slab;
    }
    return slab.lend(source);
  }

  /** Lets go of a slab that nobody has needed lately; to be called where there is nothing to do. */
  trim(): void {
    this.#free.pop()?.transfer(0);
  }

  #takeBuffer(bytes: number): ArrayBuffer {
    if (bytes > SLAB_BYTES) return new ArrayBuffer(bytes);
    return this.#free.pop() ?? new ArrayBuffer(SLAB_BYTES);
  }

  readonly #keep = (buffer: ArrayBuffer): void => {
    if (buffer.byteLength === SLAB_BYTES && this.#free.length < KEPT_SLABS)
      this.#free.push(buffer.transfer());
    else buffer.transfer(0); // frees it now
  };
}

class Slab {
  readonly #keep: (buffer: ArrayBuffer) => void;
  #buffer: ArrayBuffer;
  #used = 0;
  #lent = 0;
  /** Nothing more is lent from it. */
  #retired = false;

  constructor(buffer: ArrayBuffer, keep: (buffer: ArrayBuffer) => void) {
    this.#buffer = buffer;
    this.#keep = keep;
  }

  fits(bytes: number): boolean {
    return this.#used + bytes <= this.#buffer.byteLength;
  }

  lend(source: Uint8Array): LentBytes {
    const bytes = Buffer.from(this.#buffer, this.#used, source.length);
    bytes.set(source);
    this.#used += source.length;
    this.#lent++;
    return { bytes, lease: this };
  }

  release(): void {
    this.#lent--;
    if (this.#lent > 0) return;
    if (this.#retired) {
      this.#keep(this.#buffer);
      return;
    }
    this.#buffer = this.#buffer.transfer();
    this.#used = 0;
  }

  retire(): void {
    this.#retired = true;
    if (this.#lent === 0) this.#keep(this.#buffer);
  }
}
