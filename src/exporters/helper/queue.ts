// The Collector's sending_queue: takes data at once, sends it in the background, alone or in batches, refuses when full.
import type { Logger } from "../../component/index.ts";
import { type Capabilities, type Consumer, type Context, PermanentError } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import { type Batch, Batcher, type Request } from "./batcher.ts";
import { batchSizer, type QueueConfig, type Sizer } from "./config.ts";
import { type QueueStore, type StoredSize, storedSize } from "./queue-store.ts";
import { InterruptedError } from "./retry.ts";
import { Room } from "./room.ts";

/** Items of a queue or exporter that came to an end, and what it holds now in its sizer's unit. */
export interface QueueStats {
  readonly size: number;
  readonly capacity: number;
  readonly inFlight: number;
  readonly sentItems: number;
  readonly failedItems: number;
  readonly rejectedItems: number;
}

/** What a queue counts beside its stats. */
export interface QueueMetrics {
  readonly failed: { add(items: number, cause: unknown): void };
  readonly enqueued: { record(data: SignalData[Signal]): void };
  /** Undefined when nothing is batched. */
  readonly batches: { record(data: SignalData[Signal]): void } | undefined;
}

/** A request that was accepted. */
interface Entry<S extends Signal> {
  /** Undefined while it is only in the store. */
  request: Request<S> | undefined;
  /** Of a request that a former run has left, known when it has been read. */
  size: number;
  /** In the store; unused without one. */
  readonly index: number;
  readonly result: PromiseWithResolvers<void> | undefined;
}

const STOPPED = "sending queue is stopped";

/**
 * A bounded queue with `numConsumers` senders. Data that is being sent still counts towards its size.
 *
 * With a store what was accepted is on disk until it was sent or has failed for good; what is not sent at shutdown is
 * left there for the next run.
 */
export class SendingQueue<S extends Signal> implements Consumer<S> {
  readonly capabilities: Capabilities;
  readonly #config: QueueConfig;
  readonly #logger: Logger;
  readonly #next: Consumer<S>;
  readonly #metrics: QueueMetrics;
  readonly #room: Room;
  readonly #batcher: Batcher<S> | undefined;
  readonly #waiting: Entry<S>[] = [];
  readonly #abort = new AbortController();
  #store: QueueStore<S> | undefined;
  #idle: PromiseWithResolvers<void> | undefined;
  #stopped = false;
  /** Requests that wait for room or are being stored. */
  #offered = 0;
  /** Whether a request is being read for the batcher. */
  #reading = false;
  #inFlight = 0;
  #sentItems = 0;
  #failedItems = 0;
  #rejectedItems = 0;

  constructor(config: QueueConfig, logger: Logger, metrics: QueueMetrics, next: Consumer<S>) {
    this.capabilities = next.capabilities;
    this.#config = config;
    this.#logger = logger;
    this.#next = next;
    this.#metrics = metrics;
    this.#room = new Room(config.queueSize);
    const { batch } = config;
    if (!batch) return;
    const metadataKeys = batch.partition.metadataKeys.map((key) => key.toLowerCase());
    const maxPartitions = batch.partition.cacheSize;
    const batching = { ...batch, sizer: batchSizer(config, batch), metadataKeys, maxPartitions };
    this.#batcher = new Batcher(batching, () => this.#pump());
  }

  get stats(): QueueStats {
    return {
      size: this.#room.size,
      capacity: this.#config.queueSize,
      inFlight: this.#inFlight,
      sentItems: this.#sentItems,
      failedItems: this.#failedItems,
      rejectedItems: this.#rejectedItems,
    };
  }

  /** Keeps the queue in `store` from now on, and sends what a former run has left there. Before the first `consume`. */
  async open(store: QueueStore<S>): Promise<void> {
    const indices = await store.open();
    this.#store = store;
    if (indices.length === 0) return;
    this.#logger.info({ numberOfItems: indices.length }, "Fetching items left for dispatch by consumers");
    const { sizer } = this.#config;
    this.#room.fill(sizer === "requests" ? indices.length : store.size[sizer]);
    const left = { request: undefined, size: sizer === "requests" ? 1 : 0, result: undefined };
    for (const index of indices) this.#waiting.push({ ...left, index }); // More than a call's arguments can be.
    this.#pump();
  }

  async consume(data: SignalData[S], { client, signal }: Context = {}): Promise<void> {
    const items = countOf(data);
    this.#metrics.enqueued.record(data);
    const result = this.#config.waitForResult ? Promise.withResolvers<void>() : undefined;
    result?.promise.catch(() => {}); // Logged and counted where it is sent.
    this.#offered++;
    try {
      // Without a store and with room this takes effect before the first await, so that a drain that follows finds it.
      await this.#offer({ data, client }, result, signal);
    } catch (error) {
      this.#rejectedItems += items;
      const attributes = { error: messageOf(error), rejected_items: items };
      this.#logger.error(attributes, "Exporting failed. Rejecting data.");
      throw error;
    } finally {
      this.#offered--;
      this.#endWhenIdle();
    }
    await result?.promise;
  }

  /**
   * Sends what is queued, without accepting more, until all is sent or `deadline` aborts; the rest is dropped and
   * counted. With a store only what is being sent already is waited for; the rest stays there.
   */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#stopped = true;
    this.#room.close(new Error(STOPPED));
    if (this.#store) this.#batcher?.abort(new InterruptedError(STOPPED));
    else this.#batcher?.flush();
    this.#pump();
    const abort = () => this.#dropAll();
    deadline.addEventListener("abort", abort, { once: true });
    if (deadline.aborted) abort();
    this.#idle ??= Promise.withResolvers<void>();
    this.#endWhenIdle();
    await this.#idle.promise;
    deadline.removeEventListener("abort", abort);
    await this.#store?.close();
    this.#store = undefined;
  }

  /** Puts a request into the queue, waiting for room if the user wants that. */
  async #offer(
    request: Request<S>,
    result: Entry<S>["result"],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (this.#stopped) throw new Error(STOPPED);
    const size = sizeOf(request.data, this.#config.sizer);
    if (size > this.#room.capacity) throw new PermanentError("element size too large");
    if (!this.#room.tryEnter(size)) {
      if (!this.#config.blockOnOverflow) throw new Error("sending queue is full");
      await this.#room.enter(size, signal);
    }
    const index = this.#store ? await this.#put(this.#store, request, size) : -1;
    // What has to wait is read from the store again: a long queue costs no memory.
    const kept = this.#store && this.#waiting.length > 0 ? undefined : request;
    const entry = { request: kept, size, index, result };
    this.#waiting.push(entry);
    this.#pump();
    if (this.#waiting.at(-1) === entry) kept?.data.keep();
  }

  async #put(store: QueueStore<S>, request: Request<S>, size: number): Promise<number> {
    try {
      return await store.put(request);
    } catch (error) {
      this.#room.leave(size);
      throw error;
    }
  }

  /** Starts whatever can be sent now. */
  #pump(): void {
    if (this.#stopped && this.#store) return;
    if (this.#batcher) this.#pumpBatches(this.#batcher);
    else this.#pumpRequests();
  }

  #pumpRequests(): void {
    while (this.#inFlight < this.#config.numConsumers) {
      const entry = this.#waiting.shift();
      if (!entry) return;
      this.#inFlight++;
      if (entry.request) this.#dispatch(entry, entry.request);
      else void this.#readAndSend(entry);
    }
  }

  #pumpBatches(batcher: Batcher<S>): void {
    for (;;) {
      this.#feed(batcher);
      const batch = this.#inFlight < this.#config.numConsumers ? batcher.take() : undefined;
      if (!batch) return;
      this.#inFlight++;
      void this.#send(batch);
    }
  }

  /** Hands requests to the batcher in order, as long as it has no batch that waits for a sender. */
  #feed(batcher: Batcher<S>): void {
    while (!this.#reading && !batcher.ready) {
      const entry = this.#waiting.shift();
      if (!entry) return;
      if (entry.request) this.#addTo(batcher, entry, entry.request);
      else void this.#readAndAdd(batcher, entry);
    }
  }

  #addTo(batcher: Batcher<S>, entry: Entry<S>, { data, client }: Request<S>): void {
    this.#store?.dispatch(entry.index);
    entry.request = undefined; // The batcher's from now on.
    const stored = this.#store && storedSize({ data, client });
    batcher.add({ data, client, settle: (failure) => void this.#finish(entry, stored, failure) });
  }

  async #readAndAdd(batcher: Batcher<S>, entry: Entry<S>): Promise<void> {
    this.#reading = true;
    const request = await this.#read(entry);
    this.#reading = false;
    if (request && !(this.#stopped && this.#store)) this.#addTo(batcher, entry, request);
    this.#pump();
    this.#endWhenIdle();
  }

  async #readAndSend(entry: Entry<S>): Promise<void> {
    const request = await this.#read(entry);
    if (request) {
      this.#dispatch(entry, request);
      return;
    }
    this.#inFlight--;
    this.#pump();
    this.#endWhenIdle();
  }

  /** What the store has; undefined, and the place is given up, when it has nothing that can be read. */
  async #read(entry: Entry<S>): Promise<Request<S> | undefined> {
    let reason = "not found in the storage";
    try {
      const request = await this.#store?.read(entry.index);
      if (request) {
        if (entry.size === 0) entry.size = sizeOf(request.data, this.#config.sizer);
        return request;
      }
    } catch (error) {
      reason = messageOf(error);
    }
    this.#logger.error({ error: reason, item: entry.index }, "Failed to dispatch item, it is dropped.");
    await this.#finish(entry, undefined, new PermanentError(reason));
    return undefined;
  }

  #dispatch(entry: Entry<S>, request: Request<S>): void {
    this.#store?.dispatch(entry.index);
    const stored = this.#store && storedSize(request);
    const settle = (failure?: unknown) => void this.#finish(entry, stored, failure);
    void this.#send({ ...request, settle });
  }

  async #send({ data, client, settle }: Pick<Batch<S>, "data" | "client" | "settle">): Promise<void> {
    let failure: unknown;
    this.#metrics.batches?.record(data);
    try {
      await this.#next.consume(data, { client, signal: this.#abort.signal });
      this.#sentItems += data.itemCount;
    } catch (error) {
      failure = this.#keeps(error) ? new InterruptedError(messageOf(error), { cause: error }) : error;
      if (failure === error) this.#countFailure(data.itemCount, error);
    }
    this.#inFlight--;
    settle(failure);
    this.#pump();
    this.#endWhenIdle();
  }

  /** Whether data that failed so stays in the store. */
  #keeps(failure: unknown): boolean {
    if (!this.#store || !this.#stopped) return false;
    return failure instanceof InterruptedError || !(failure instanceof PermanentError);
  }

  /** An entry's end: it leaves the queue and, unless it was interrupted, the store. */
  async #finish(entry: Entry<S>, stored: StoredSize | undefined, failure: unknown): Promise<void> {
    const store = this.#store;
    if (store && !(failure instanceof InterruptedError)) {
      this.#offered++; // The drain has to wait for it.
      await store.remove(entry.index, stored).catch((error: unknown) => {
        this.#logger.error(
          { error: messageOf(error) },
          "Failed to remove a sent item; it will be sent again.",
        );
      });
      this.#offered--;
    }
    this.#room.leave(entry.size);
    if (failure === undefined) entry.result?.resolve();
    else entry.result?.reject(failure);
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (!this.#idle || this.#offered > 0 || this.#inFlight > 0 || this.#reading) return;
    const rest = this.#store ? 0 : this.#waiting.length;
    if (rest === 0 && !this.#batcher?.ready) this.#idle.resolve();
  }

  #dropAll(): void {
    const reason = new Error("shutdown deadline exceeded");
    this.#abort.abort(reason);
    if (this.#store) return; // What waits there is safe.
    const dropped = this.#batcher?.abort(reason) ?? 0;
    if (dropped > 0) this.#countFailure(dropped, reason);
    for (const entry of this.#waiting.splice(0)) {
      if (entry.request) this.#countFailure(entry.request.data.itemCount, reason);
      void this.#finish(entry, undefined, reason);
    }
  }

  #countFailure(items: number, error: unknown): void {
    this.#failedItems += items;
    this.#metrics.failed.add(items, error);
    const attributes = { error: messageOf(error), dropped_items: items };
    this.#logger.error(attributes, "Exporting failed. Dropping data.");
  }
}

/** The items of `data`, walked here at the latest: bytes that are not OTLP must not get into the queue. */
function countOf<S extends Signal>(data: SignalData[S]): number {
  try {
    return data.itemCount;
  } catch (cause) {
    throw new PermanentError(`queue ${data.signal}: ${messageOf(cause)}`, { cause });
  }
}

function sizeOf<S extends Signal>(data: SignalData[S], sizer: Sizer): number {
  if (sizer === "requests") return 1;
  return sizer === "items" ? data.itemCount : data.byteLength;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
