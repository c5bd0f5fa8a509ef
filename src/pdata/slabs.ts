// Memory for bytes that live for a moment, used again and again instead of left to the garbage collector.

/** Given back by the last owner of the bytes, once. */
export interface Lease {
  release(): void;
}

export interface LentBytes {
  readonly bytes: Buffer;
  readonly lease: Lease;
}

/** How much memory there is to lend. */
export interface SlabsOptions {
  /** What is larger is lent by itself, and not kept. */
  readonly slabBytes: number;
  readonly keptSlabs: number;
}

/** Two batches of spans of the default size: one that is being sent, one that is being filled. */
const TWO_BATCHES: SlabsOptions = { slabBytes: 256 << 10, keptSlabs: 28 };

/**
 * Lends pieces of slabs. A slab whose pieces have all come back is used again, after its old views were detached: who
 * still looks at bytes that were given back finds none, never another's. Pieces that do not come back keep their slab
 * from being used again, and the garbage collector takes it when they are gone: giving back is not a must.
 */
export class Slabs {
  readonly #options: SlabsOptions;
  readonly #free: ArrayBuffer[] = [];
  /** Free slabs that nobody has needed since `trim`. */
  #spare = 0;
  #current: Slab | undefined;

  constructor(options: SlabsOptions = TWO_BATCHES) {
    this.#options = options;
  }

  /** Slabs that are kept for the next who need them. */
  get freeSlabs(): number {
    return this.#free.length;
  }

  /** A copy of `source` in lent memory. */
  lend(source: Uint8Array): LentBytes {
    const lent = this.take(source.length);
    lent.bytes.set(source);
    return lent;
  }

  /** Lent memory with anything in it, to be written over. */
  take(length: number): LentBytes {
    return this.#slabFor(length).take(length);
  }

  /** Offers `length` bytes to `write`, and lends as many as it says it has written; none where it does not say. */
  fill(length: number, write: (room: Buffer) => number | undefined): LentBytes | undefined {
    const slab = this.#slabFor(length);
    const written = write(slab.room(length));
    return written === undefined ? undefined : slab.take(written);
  }

  /** Lets go of the slabs that nobody has needed since the last time. */
  trim(): void {
    for (const buffer of this.#free.splice(0, this.#spare)) buffer.transfer(0);
    this.#spare = this.#free.length;
  }

  #slabFor(length: number): Slab {
    let slab = this.#current;
    if (!slab?.fits(length)) {
      slab?.retire();
      slab = new Slab(this.#takeBuffer(length), this.#keep);
      this.#current = slab;
    }
    return slab;
  }

  #takeBuffer(bytes: number): ArrayBuffer {
    const { slabBytes } = this.#options;
    if (bytes > slabBytes) return new ArrayBuffer(bytes);
    const free = this.#free.pop();
    this.#spare = Math.min(this.#spare, this.#free.length);
    return free ?? new ArrayBuffer(slabBytes);
  }

  readonly #keep = (buffer: ArrayBuffer): void => {
    const { slabBytes, keptSlabs } = this.#options;
    if (buffer.byteLength === slabBytes && this.#free.length < keptSlabs) this.#free.push(buffer.transfer());
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

  /** Memory that is not lent. */
  room(length: number): Buffer {
    return Buffer.from(this.#buffer, this.#used, length);
  }

  take(length: number): LentBytes {
    const bytes = this.room(length);
    this.#used += length;
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
