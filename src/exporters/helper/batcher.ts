// Hot: joins requests into batches and cuts those that are too large; the one place where batching is done.
import { timerMs } from "../../confmap/duration.ts";
import type { ClientInfo } from "../../consumer/index.ts";
import { concatData, type Signal, type SignalData } from "../../pdata/index.ts";

/** When a batch is complete, in whatever `sizer` counts. */
export interface BatcherConfig {
  readonly sizer: "items" | "bytes";
  /** How long data may wait for more; 0 not at all. */
  readonly flushTimeoutMs: number;
  /** A batch of this size is complete; 0 completes it at once. */
  readonly minSize: number;
  /** Larger batches are cut; 0 is no maximum. A single item that is larger is a batch of its own. */
  readonly maxSize: number;
  /** Requests that differ in these keys of the client's metadata, in lower case, are kept apart. */
  readonly metadataKeys: readonly string[];
  /** When so many are kept apart, the one that has waited longest is complete as soon as another comes; 0 for no limit. */
  readonly maxPartitions: number;
}

/** What is to be batched, with whoever wants to know what became of it. */
export interface Request<S extends Signal> {
  readonly data: SignalData[S];
  readonly client: ClientInfo | undefined;
}

/** A request on its way into a batch. `settle` is called once for all of its parts; with the last failure, if any. */
export interface Piece<S extends Signal> extends Request<S> {
  readonly settle: (failure?: unknown) => void;
}

/** A batch that is complete. */
export interface Batch<S extends Signal> extends Request<S> {
  /** The partition it comes from. */
  readonly key: string;
  /** What completed it. */
  readonly trigger: "size" | "timeout";
  /** Tells all whose data is in it. */
  settle(failure?: unknown): void;
}

/** The pieces that may be joined. */
interface Partition<S extends Signal> {
  readonly key: string;
  readonly client: ClientInfo | undefined;
  pieces: Piece<S>[];
  size: number;
  timer: NodeJS.Timeout | undefined;
  /** Whether the oldest piece has waited long enough. */
  due: boolean;
}

/** What tells the partition of a request from others; empty without `keys`. An unset key is not an empty one. */
export function partitionKey(client: ClientInfo | undefined, keys: readonly string[]): string {
  return keys.length === 0 ? "" : JSON.stringify(keys.map((key) => client?.metadata.get(key) ?? []));
}

/** Collects pieces; its owner takes the batches when it can use them. Order is kept within a partition. */
export class Batcher<S extends Signal> {
  readonly #config: BatcherConfig;
  readonly #keys: readonly string[];
  readonly #onDue: () => void;
  readonly #partitions = new Map<string, Partition<S>>();
  #flushing = false;

  /** `onDue` is called when waiting has completed a batch; what size completes is there after `add`. */
  constructor(config: BatcherConfig, onDue: () => void) {
    this.#config = config;
    this.#keys = config.metadataKeys;
    this.#onDue = onDue;
  }

  add(piece: Piece<S>): void {
    const key = partitionKey(piece.client, this.#keys);
    const partition = this.#partitions.get(key) ?? this.#open(key, piece.client);
    if (partition.pieces.length > 0 && this.#isReady(partition)) piece.data.keep(); // Nobody takes what is there already.
    partition.pieces.push(piece);
    partition.size += this.#sizeOf(piece.data);
    this.#wait(partition);
  }

  /** Whether `take` would give a batch. */
  get ready(): boolean {
    for (const partition of this.#partitions.values()) if (this.#isReady(partition)) return true;
    return false;
  }

  /** The oldest complete batch of a partition that is not in `busy`. */
  take(busy?: { has(key: string): boolean }): Batch<S> | undefined {
    for (const partition of this.#partitions.values()) {
      if (busy?.has(partition.key) || !this.#isReady(partition)) continue;
      this.#partitions.delete(partition.key); // To the end of the line, if anything stays.
      const trigger = partition.size >= this.#config.minSize ? "size" : "timeout";
      const pieces = this.#cutOff(partition);
      if (partition.pieces.length > 0) {
        this.#partitions.set(partition.key, partition);
        this.#wait(partition);
      } else clearTimeout(partition.timer);
      return this.#join(partition, pieces, trigger);
    }
    return undefined;
  }

  /** From now on everything is complete as it is. */
  flush(): void {
    this.#flushing = true;
    for (const { timer } of this.#partitions.values()) clearTimeout(timer);
  }

  /** Gives up what is waiting: its `settle` is called with `reason`. Gives how many items that were. */
  abort(reason: unknown): number {
    this.flush();
    const pieces = [...this.#partitions.values()].flatMap((partition) => partition.pieces);
    this.#partitions.clear();
    for (const { settle } of pieces) settle(reason);
    return pieces.reduce((sum, { data }) => sum + data.itemCount, 0);
  }

  #open(key: string, client: ClientInfo | undefined): Partition<S> {
    const { maxPartitions } = this.#config;
    if (maxPartitions > 0 && this.#partitions.size >= maxPartitions) this.#completeOldest();
    const kept = this.#keys.length > 0 ? clientOf(client, this.#keys) : undefined;
    const partition = { key, client: kept, pieces: [], size: 0, timer: undefined, due: false };
    this.#partitions.set(key, partition);
    return partition;
  }

  #completeOldest(): void {
    const [oldest] = this.#partitions.values();
    if (!oldest) return;
    oldest.due = true;
    clearTimeout(oldest.timer);
    oldest.timer = undefined;
  }

  #isReady({ due, size }: Partition<S>): boolean {
    return due || this.#flushing || size >= this.#config.minSize;
  }

  #wait(partition: Partition<S>): void {
    if (partition.timer || this.#isReady(partition)) return;
    if (this.#config.flushTimeoutMs === 0) {
      partition.due = true;
      return;
    }
    partition.timer = setTimeout(() => {
      partition.timer = undefined;
      partition.due = true;
      this.#onDue();
    }, timerMs(this.#config.flushTimeoutMs));
  }

  /** Takes the oldest pieces that make one batch; what stays has its whole time before it, unless it is due. */
  #cutOff(partition: Partition<S>): Piece<S>[] {
    const { maxSize } = this.#config;
    if (maxSize === 0 || partition.size <= maxSize) {
      const { pieces } = partition;
      partition.pieces = [];
      this.#reset(partition, 0);
      return pieces;
    }
    const taken = this.#fill(partition.pieces);
    const left = partition.pieces.reduce((sum, { data }) => sum + this.#sizeOf(data), 0);
    if (partition.due) partition.size = left;
    else this.#reset(partition, left);
    return taken;
  }

  #reset(partition: Partition<S>, size: number): void {
    partition.size = size;
    partition.due = false;
    clearTimeout(partition.timer);
    partition.timer = undefined;
  }

  /** Shifts pieces off until the batch is full, cutting the one that is in its end. */
  #fill(pieces: Piece<S>[]): Piece<S>[] {
    const taken: Piece<S>[] = [];
    let room = this.#config.maxSize;
    for (let piece = pieces[0]; piece && room > 0; piece = pieces[0]) {
      const size = this.#sizeOf(piece.data);
      if (size > room && !this.#cut(pieces, room, taken.length === 0)) break;
      const [whole] = pieces.splice(0, 1);
      taken.push(whole!);
      room -= this.#sizeOf(whole!.data);
    }
    return taken;
  }

  /** Cuts the first of `pieces` so that it fits into `room`. Bytes are cut only where a piece is too large on its own. */
  #cut(pieces: Piece<S>[], room: number, first: boolean): boolean {
    const { sizer, maxSize } = this.#config;
    if (sizer === "bytes" && !first) return false;
    const piece = pieces[0]!;
    const parts = sizer === "items" ? piece.data.cut(room, maxSize) : splitBytes(piece.data, maxSize);
    const settle = settleOnce(parts.length, piece.settle);
    const cut = parts.map((data) => ({ data: data as SignalData[S], client: piece.client, settle }));
    pieces.splice(0, 1, ...cut);
    return true;
  }

  #join({ key, client }: Partition<S>, pieces: readonly Piece<S>[], trigger: Batch<S>["trigger"]): Batch<S> {
    const first = pieces[0]!.data;
    const all = () => pieces.map((piece) => piece.data);
    const data = pieces.length === 1 ? first : concatData(first.signal as S, all());
    return {
      key,
      client,
      trigger,
      data,
      settle(failure) {
        for (const piece of pieces) piece.settle(failure);
      },
    };
  }

  #sizeOf(data: SignalData[S]): number {
    return this.#config.sizer === "items" ? data.itemCount : data.byteLength;
  }
}

/** Of a client only what all in the partition share. */
function clientOf(client: ClientInfo | undefined, keys: readonly string[]): ClientInfo {
  const metadata = new Map<string, readonly string[]>();
  for (const key of keys) {
    const values = client?.metadata.get(key);
    if (values) metadata.set(key, values);
  }
  return { metadata };
}

/** Parts of at most `maxBytes`, found by halves; a single item is not cut, however large. */
function splitBytes<T extends SignalData[Signal]>(data: T, maxBytes: number): T[] {
  if (data.byteLength <= maxBytes || data.itemCount <= 1) return [data];
  const parts = Math.ceil(data.byteLength / maxBytes);
  const items = Math.max(1, Math.floor(data.itemCount / parts));
  return data.split(items).flatMap((part) => splitBytes(part as T, maxBytes));
}

/** A `settle` that passes on once `parts` have settled: with the last failure, if any. */
function settleOnce(parts: number, settle: Piece<Signal>["settle"]): Piece<Signal>["settle"] {
  let left = parts;
  let failed: unknown;
  return (failure) => {
    failed = failure ?? failed;
    if (--left === 0) settle(failed);
  };
}
