// Hot path: runs for every kernel record. Reads a BPF ring buffer in place; no call into C++, no copy.
import type { RingMemory } from "../native/libbpf.ts";

/** Bits of a record's length word (linux/bpf.h since 5.8). */
const BUSY = 0x8000_0000;
const DISCARDED = 0x4000_0000;
const LENGTH_MASK = 0x3fff_ffff;
const HEADER_BYTES = 8;

/** Takes one record: `length` bytes at `offset` of `view`, valid only during the call. */
export type OnRecord = (view: DataView, offset: number, length: number) => void;

/**
 * Drains a BPF_MAP_TYPE_RINGBUF whose programs submit without wake-up.
 *
 * Positions count bytes since the map was made and stay exact up to 2^53.
 */
export class RingReader {
  readonly #consumer: BigUint64Array<ArrayBuffer>;
  readonly #producer: BigUint64Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #mask: number;
  #position: number;

  constructor(memory: RingMemory) {
    this.#consumer = new BigUint64Array(memory.consumer, 0, 1);
    this.#producer = new BigUint64Array(memory.producer, 0, 1);
    this.#words = new Uint32Array(memory.data);
    this.#view = new DataView(memory.data);
    this.#mask = memory.data.byteLength / 2 - 1;
    this.#position = Number(Atomics.load(this.#consumer, 0));
  }

  /** Bytes that were submitted and not yet drained. */
  get pendingBytes(): number {
    return Number(Atomics.load(this.#producer, 0)) - this.#position;
  }

  /** The whole data area, for records that reach over its end: it is mapped twice in a row. */
  get bytes(): ArrayBuffer {
    return this.#view.buffer as ArrayBuffer;
  }

  /**
   * Hands every complete record to `onRecord`, oldest first, and gives its space back afterwards. Stops at a record that
   * is still being written, and after `maxRecords`. Returns how many were handed over.
   */
  drain(onRecord: OnRecord, maxRecords: number = Number.POSITIVE_INFINITY): number {
    const end = Number(Atomics.load(this.#producer, 0));
    let position = this.#position;
    let records = 0;
    try {
      while (position < end && records < maxRecords) {
        const offset = position & this.#mask;
        const word = Atomics.load(this.#words, offset >>> 2);
        if (word & BUSY) break;
        const length = word & LENGTH_MASK;
        position += HEADER_BYTES + ((length + 7) & ~7);
        if (word & DISCARDED) continue;
        records++;
        onRecord(this.#view, offset + HEADER_BYTES, length);
      }
    } finally {
      this.#position = position;
      Atomics.store(this.#consumer, 0, BigInt(position));
    }
    return records;
  }
}
