// Hot: runs once for each piece of telemetry in every pipeline.
import type { Processor, Settings } from "../../component/index.ts";
import { type Capabilities, type Consumer, type Context, PermanentError } from "../../consumer/index.ts";
import { type Reoffer, reofferOf } from "../../consumer/partial.ts";
import { type Batch, Batcher, partitionKey } from "../../exporters/helper/batcher.ts";
import { Room } from "../../exporters/helper/room.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import { backoff, FIRST_BACKOFF_MS, pause } from "./backoff.ts";
import type { BatchConfig } from "./config.ts";
import { Lagging } from "./lagging.ts";
import { BatchMetrics } from "./metrics.ts";

/** Of this many items, at least, the buffer is; twice the size of a batch when that is more. */
const LEAST_ROOM_ITEMS = 16_384;

/**
 * Joins pieces into batches: the batcher of the exporters' queue, with what follows in the pipeline behind it.
 *
 * `consume` accepts at once while there is room, waits for it while downstream is slow, and passes downstream's refusal
 * on while downstream refuses. What was accepted is kept until downstream takes it, or refuses it for good. One batch of
 * a partition is under way at a time.
 */
export class BatchProcessor<S extends Signal> implements Processor<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #settings: Settings;
  readonly #config: BatchConfig;
  readonly #next: Consumer<S>;
  /** In lower case, as metadata is kept. */
  readonly #metadataKeys: readonly string[];
  readonly #metrics: BatchMetrics;
  readonly #batcher: Batcher<S>;
  readonly #room: Room;
  readonly #deadline = new AbortController();
  /** Ends the waits between tries when the shutdown begins. */
  readonly #wake = new AbortController();
  /** The partitions whose batch is under way, with the refusal it met last. */
  readonly #sending = new Map<string, unknown>();
  /** Combinations of metadata seen so far. */
  readonly #partitions = new Set<string>();
  readonly #lagging: Lagging<S>;
  #idle: PromiseWithResolvers<void> | undefined;
  #closed = false;

  constructor(settings: Settings, config: BatchConfig, next: Consumer<S>) {
    this.#settings = settings;
    this.#config = config;
    this.#next = next;
    const { timeoutMs, sendBatchSize, sendBatchMaxSize } = config;
    const metadataKeys = config.metadataKeys.map((key) => key.toLowerCase());
    this.#metadataKeys = metadataKeys;
    const sizes = { sizer: "items", minSize: sendBatchSize, maxSize: sendBatchMaxSize } as const;
    const batching = { ...sizes, flushTimeoutMs: timeoutMs, metadataKeys, maxPartitions: 0 };
    this.#batcher = new Batcher(batching, () => this.#pump());
    this.#room = new Room(Math.max(2 * sendBatchSize, 2 * sendBatchMaxSize, LEAST_ROOM_ITEMS));
    this.#metrics = new BatchMetrics(settings.counters, settings.id, () =>
      metadataKeys.length === 0 ? 1 : this.#partitions.size,
    );
    this.#lagging = new Lagging({
      offer: (reoffer, batch) => this.#offer(reoffer, batch),
      pause: (waitMs, refusal) => this.#pause(waitMs, refusal),
      isFinal: (refusal) => this.#isFinal(refusal),
      drop: (batch, cause) => this.#drop(batch, cause),
      onEmpty: () => this.#endWhenIdle(),
    });
  }

  async start(): Promise<void> {}

  async shutdown(deadline: AbortSignal): Promise<void> {
    this.#closed = true;
    this.#wake.abort();
    this.#room.close(new Error("batch processor is shut down"));
    this.#batcher.flush();
    this.#pump();
    const expire = () => this.#expire(deadline.reason);
    deadline.addEventListener("abort", expire, { once: true });
    if (deadline.aborted) expire();
    this.#idle ??= Promise.withResolvers<void>();
    this.#endWhenIdle();
    await this.#idle.promise;
    deadline.removeEventListener("abort", expire);
  }

  async consume(data: SignalData[S], { client, signal }: Context = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw new Error("batch processor is shut down");
    const items = data.itemCount;
    if (items === 0) return;
    if (this.#metadataKeys.length > 0) this.#admitPartition(client);
    const size = Math.min(items, this.#room.capacity); // What is larger has all the room to itself.
    if (!this.#room.tryEnter(size)) await this.#waitForRoom(size, signal);
    this.#batcher.add({ data, client, settle: () => this.#room.leave(size) });
    this.#pump();
  }

  #admitPartition(client: Context["client"]): void {
    const { metadataCardinalityLimit: limit } = this.#config;
    const key = partitionKey(client, this.#metadataKeys);
    if (this.#partitions.has(key)) return;
    if (limit > 0 && this.#partitions.size >= limit) {
      throw new PermanentError("too many batcher metadata-value combinations");
    }
    this.#partitions.add(key);
  }

  async #waitForRoom(size: number, signal: AbortSignal | undefined): Promise<void> {
    while (this.#lagging.giveUpOldest("no room left")) if (this.#room.tryEnter(size)) return;
    for (const refusal of this.#sending.values()) if (refusal) throw refusal;
    await this.#room.enter(size, signal);
    if (!this.#closed) return;
    this.#room.leave(size);
    throw new Error("batch processor is shut down");
  }

  #pump(): void {
    for (let batch = this.#take(); batch; batch = this.#take()) {
      this.#metrics.sent(batch);
      this.#sending.set(batch.key, undefined);
      void this.#deliver(batch);
    }
  }

  #take(): Batch<S> | undefined {
    return this.#batcher.take(this.#sending);
  }

  /** Offers a batch until it was taken, refused for good, or there is no time left. */
  async #deliver(batch: Batch<S>): Promise<void> {
    for (const waitMs of backoff()) {
      try {
        await this.#offer((context) => this.#next.consume(batch.data, context), batch);
        batch.settle();
        break;
      } catch (refusal) {
        const reoffer = reofferOf(refusal);
        if (reoffer) this.#keepFor(batch, reoffer, refusal);
        else if (this.#isFinal(refusal)) this.#drop(batch, refusal);
        else {
          this.#sending.set(batch.key, refusal);
          this.#room.close(refusal);
          batch.data.keep();
          await this.#pause(waitMs, refusal);
          continue;
        }
        break;
      }
    }
    this.#sending.delete(batch.key);
    this.#pump();
    this.#endWhenIdle();
  }

  /** Gives up at the shutdown deadline, whether or not what follows does. */
  async #offer(offer: Reoffer, { client }: Batch<S>): Promise<void> {
    const { signal } = this.#deadline;
    signal.throwIfAborted();
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const expire = () => reject(signal.reason);
    signal.addEventListener("abort", expire, { once: true });
    try {
      await Promise.race([offer({ client, signal }), expired]);
    } finally {
      signal.removeEventListener("abort", expire);
    }
  }

  /** Some have the batch; it is kept for the others beside those that follow, as long as there is room. */
  #keepFor(batch: Batch<S>, reoffer: Reoffer, refusal: unknown): void {
    if (refusal instanceof PermanentError) this.#count(batch, refusal);
    this.#lagging.add(batch, reoffer, refusal);
    // Whoever has taken the data must not wait for those who have not.
    while (this.#room.waiting > 0 && this.#lagging.giveUpOldest("no room left"));
  }

  async #pause(ms: number, refusal: unknown): Promise<void> {
    if (ms === FIRST_BACKOFF_MS) {
      this.#settings.logger.warn(
        { error: messageOf(refusal) },
        "Sender refused a batch. It is kept and tried again.",
      );
    }
    await pause(ms, this.#closed ? this.#deadline.signal : this.#wake.signal);
  }

  #isFinal(refusal: unknown): boolean {
    return refusal instanceof PermanentError || this.#deadline.signal.aborted;
  }

  #drop(batch: Batch<S>, cause: unknown): void {
    this.#count(batch, cause);
    batch.settle();
  }

  #count({ data }: Batch<S>, cause: unknown): void {
    this.#metrics.dropped.add(data.itemCount);
    this.#settings.logger.error({ error: messageOf(cause), dropped_items: data.itemCount }, "Sender failed");
  }

  /** Nothing is offered any more; what is under way ends with this reason. */
  #expire(reason: unknown): void {
    this.#deadline.abort(reason);
    while (this.#lagging.giveUpOldest(messageOf(reason)));
    this.#pump();
  }

  #endWhenIdle(): void {
    if (this.#sending.size === 0 && !this.#lagging.busy && !this.#batcher.ready) this.#idle?.resolve();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
