// The data of a pipeline: the bytes of OTLP Export requests. Two requests' bytes one after the other are again one.
import { addChunk } from "./chunks.ts";
import { countItems, countResources } from "./count.ts";
import { Reader } from "./protobuf/reader.ts";
import { METRICS, SHAPES } from "./shape.ts";
import type { Signal, SignalData } from "./signal.ts";
import type { Lease } from "./slabs.ts";
import { splitItems } from "./split.ts";

type AnyData = SignalData[Signal];
type DataParts = [chunks: readonly Uint8Array[], itemCount?: number | undefined, leases?: readonly Lease[]];
type DataClass<T> = new (...parts: DataParts) => T;

const NO_LEASES: readonly Lease[] = [];

/**
 * Bytes of one or more Export requests of one signal.
 *
 * The bytes are never written to, so copies share them. They are taken on trust until something walks them:
 * whatever does throws MalformedError when they are not protobuf.
 *
 * Their memory may be lent (see Slabs). Data that was handed on from one owner to the next until it was sent is given
 * back by the last one with `release`. Whatever gives the same bytes to several says so with `share`, as clone and split
 * do; their memory is then the garbage collector's.
 */
abstract class OtlpData<S extends Signal> {
  abstract readonly signal: S;
  #chunks: readonly Uint8Array[];
  #itemCount: number | undefined;
  #leases: readonly Lease[];
  #released = false;

  constructor(chunks: readonly Uint8Array[], itemCount?: number, leases: readonly Lease[] = NO_LEASES) {
    this.#chunks = chunks;
    this.#itemCount = itemCount;
    this.#leases = leases;
  }

  /** Wraps the bytes of an Export request and owns them from then on. A caller who has counted the items says so. */
  static fromBytes<T>(this: DataClass<T>, bytes: Uint8Array, itemCount?: number): T {
    return new this([bytes], itemCount);
  }

  /** Everything in `parts`, in order, without copying. What was lent to the parts is lent to the result from then on. */
  static concat<T extends AnyData>(this: DataClass<T>, ...parts: readonly T[]): T {
    return new this(...OtlpData.join(parts));
  }

  /** What to make the concatenation of; the parts' leases are taken from them. */
  static join(parts: readonly AnyData[]): DataParts {
    const chunks: Uint8Array[] = [];
    for (const part of parts) for (const chunk of part.chunks) addChunk(chunks, chunk);
    const leases = parts.flatMap((part) => part.#leases);
    for (const part of parts) part.#leases = NO_LEASES;
    return [chunks, parts.reduce<number | undefined>(addCount, 0), leases];
  }

  /** Spans, data points or log records; counted once, when first asked for. */
  get itemCount(): number {
    this.#itemCount ??= this.#count();
    return this.#itemCount;
  }

  /** The number of items where something has counted them already. */
  get knownItemCount(): number | undefined {
    return this.#itemCount;
  }

  /** ResourceSpans, ResourceMetrics or ResourceLogs messages. */
  get resourceCount(): number {
    return this.chunks.reduce((sum, chunk) => sum + countResources(chunk, SHAPES[this.signal]), 0);
  }

  get byteLength(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** The pieces the bytes are in, for those who can send them one after the other. */
  get chunks(): readonly Uint8Array[] {
    if (this.#released) throw new Error(`use ${this.signal} whose memory was given back`);
    return this.#chunks;
  }

  /** The bytes of one Export request; not to be written to. */
  bytes(): Uint8Array {
    if (this.chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  /** Says that others have these bytes too, so that nobody gives their memory back. */
  share(): void {
    this.#leases = NO_LEASES;
  }

  /**
   * Says that the data may stay for long, as in a queue whose server is down: bytes that are a small part of the memory
   * they are in are copied, for they would keep all of it. What was lent is left to the garbage collector: an attempt
   * that was given up may still be reading it.
   */
  keep(): void {
    if (!this.chunks.some(isSmallPart)) return;
    this.#chunks = [copied(this.#chunks, this.byteLength)];
    this.#leases = NO_LEASES;
  }

  /** Gives lent memory back: for the last owner, once the bytes are sent. Only the number of items is known afterwards. */
  release(): void {
    if (this.#leases.length === 0) return;
    this.#itemCount ??= this.#count();
    for (const lease of this.#leases) lease.release();
    this.#leases = NO_LEASES;
    this.#chunks = [];
    this.#released = true;
  }

  /** A copy that is independent of this one. */
  clone(): this {
    this.share();
    return this.#same(this.chunks, this.#itemCount);
  }

  /** The same items in parts of `maxItems`, the last one smaller. Shares the bytes it need not cut. */
  split(maxItems: number): this[] {
    if (!(maxItems >= 1))
      throw new RangeError(`split data into parts of ${maxItems} items: at least 1 is needed`);
    return this.cut(maxItems, maxItems);
  }

  /** The same items: `firstItems` of them, then parts of `maxItems`, the last one smaller. Both are at least 1. */
  cut(firstItems: number, maxItems: number): this[] {
    if (this.itemCount <= firstItems) return [this];
    this.share();
    return splitItems(this.chunks, SHAPES[this.signal], maxItems, firstItems).map((piece) =>
      this.#same(piece.chunks, piece.itemCount),
    );
  }

  #count(): number {
    return this.chunks.reduce((sum, chunk) => sum + countItems(new Reader(chunk), SHAPES[this.signal]), 0);
  }

  #same(chunks: readonly Uint8Array[], itemCount: number | undefined): this {
    return new (this.constructor as DataClass<this>)(chunks, itemCount);
  }
}

/** Spans. */
export class Traces extends OtlpData<"traces"> {
  readonly signal = "traces";
}

/** Metrics, counted in data points. */
export class Metrics extends OtlpData<"metrics"> {
  readonly signal = "metrics";

  /** Metric messages, each of which may have many data points. */
  get metricCount(): number {
    const readers = this.chunks.map((chunk) => new Reader(chunk));
    return readers.reduce((sum, reader) => sum + countItems(reader, METRICS), 0);
  }
}

/** Log records. */
export class Logs extends OtlpData<"logs"> {
  readonly signal = "logs";
}

const DATA_CLASSES: { readonly [S in Signal]: DataClass<SignalData[S]> } = {
  traces: Traces,
  metrics: Metrics,
  logs: Logs,
};

/** `fromBytes` for code that is generic over the signal; the memory may be lent. */
export function dataFromBytes<S extends Signal>(signal: S, bytes: Uint8Array, lease?: Lease): SignalData[S] {
  return new DATA_CLASSES[signal]([bytes], undefined, lease && [lease]);
}

/** `concat` for code that is generic over the signal. */
export function concatData<S extends Signal>(signal: S, parts: readonly SignalData[S][]): SignalData[S] {
  return new DATA_CLASSES[signal](...OtlpData.join(parts));
}

function isSmallPart({ buffer, length }: Uint8Array): boolean {
  return buffer.byteLength > 2 * length;
}

/** The chunks as one, in memory of its own. */
function copied(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    copy.set(chunk, at);
    at += chunk.length;
  }
  return copy;
}

/** The sum, where both are known. */
function addCount(sum: number | undefined, { knownItemCount }: AnyData): number | undefined {
  return sum === undefined || knownItemCount === undefined ? undefined : sum + knownItemCount;
}

/** Data of one or more pieces of bytes that are good already. */
export function dataFromChunks<S extends Signal>(
  signal: S,
  chunks: readonly Uint8Array[],
  itemCount?: number,
  leases?: readonly Lease[],
): SignalData[S] {
  return new DATA_CLASSES[signal](chunks, itemCount, leases);
}
