// The Collector's sending_queue: takes data at once, sends it in the background, refuses when full.
import type { Logger } from "../../component/index.ts";
import { type Capabilities, type Consumer, type Context, PermanentError } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import type { QueueConfig, Sizer } from "./config.ts";

/** Items of a queue or exporter that came to an end, and what it holds now in its sizer's unit. */
export interface QueueStats {
  readonly size: number;
  readonly capacity: number;
  readonly inFlight: number;
  readonly sentItems: number;
  readonly failedItems: number;
  readonly rejectedItems: number;
}

interface Entry<S extends Signal> {
  readonly data: SignalData[S];
  readonly client: Context["client"];
  readonly items: number;
  readonly size: number;
  readonly result: PromiseWithResolvers<void>;
}

/** An entry that waits for room. */
interface Blocked<S extends Signal> {
  readonly entry: Entry<S>;
  readonly admitted: PromiseWithResolvers<void>;
}

const STOPPED = "sending queue is stopped";

/** A bounded queue in memory with `numConsumers` senders. Data that is being sent still counts towards its size. */
export class SendingQueue<S extends Signal> implements Consumer<S> {
  readonly capabilities: Capabilities;
  readonly #config: QueueConfig;
  readonly #logger: Logger;
  readonly #next: Consumer<S>;
  readonly #waiting: Entry<S>[] = [];
  readonly #blocked: Blocked<S>[] = [];
  readonly #abort = new AbortController();
  #idle: PromiseWithResolvers<void> | undefined;
  #stopped = false;
  #size = 0;
  #inFlight = 0;
  #sentItems = 0;
  #failedItems = 0;
  #rejectedItems = 0;

  constructor(config: QueueConfig, logger: Logger, next: Consumer<S>) {
    this.capabilities = next.capabilities;
    this.#config = config;
    this.#logger = logger;
    this.#next = next;
  }

  get stats(): QueueStats {
    return {
      size: this.#size,
      capacity: this.#config.queueSize,
      inFlight: this.#inFlight,
      sentItems: this.#sentItems,
      failedItems: this.#failedItems,
      rejectedItems: this.#rejectedItems,
    };
  }

  async consume(data: SignalData[S], { client, signal }: Context = {}): Promise<void> {
    const items = countOf(data);
    const result = Promise.withResolvers<void>();
    result.promise.catch(() => {}); // Logged and counted where it is sent.
    try {
      // Takes effect before the first await, so that a drain that follows finds the entry.
      await this.#offer({ data, client, items, size: sizeOf(data, this.#config.sizer), result }, signal);
    } catch (error) {
      this.#rejectedItems += items;
      const attributes = { error: messageOf(error), rejected_items: items };
      this.#logger.error(attributes, "Exporting failed. Rejecting data.");
      throw error;
    }
    if (this.#config.waitForResult) await result.promise;
  }

  /** Sends what is queued, without accepting more, until all is sent or `deadline` aborts; the rest is dropped and counted. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#stopped = true;
    for (const { admitted } of this.#blocked.splice(0)) admitted.reject(new Error(STOPPED));
    if (this.#inFlight === 0) return;
    const abort = () => this.#dropAll();
    deadline.addEventListener("abort", abort, { once: true });
    if (deadline.aborted) abort();
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
    deadline.removeEventListener("abort", abort);
  }

  /** Puts an entry into the queue, waiting for room if the user wants that. */
  async #offer(entry: Entry<S>, signal: AbortSignal | undefined): Promise<void> {
    if (this.#stopped) throw new Error(STOPPED);
    if (this.#blocked.length === 0 && this.#size + entry.size <= this.#config.queueSize) {
      this.#enqueue(entry);
      this.#send();
      return;
    }
    if (entry.size > this.#config.queueSize) throw new PermanentError("element size too large");
    if (!this.#config.blockOnOverflow) throw new Error("sending queue is full");
    await this.#waitInLine(entry, signal);
  }

  async #waitInLine(entry: Entry<S>, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const blocked = { entry, admitted: Promise.withResolvers<void>() };
    this.#blocked.push(blocked);
    const leave = () => {
      const place = this.#blocked.indexOf(blocked);
      if (place >= 0) this.#blocked.splice(place, 1);
      blocked.admitted.reject(signal?.reason);
      this.#admit(); // Those behind may fit where this one did not.
      this.#send();
    };
    signal?.addEventListener("abort", leave, { once: true });
    await blocked.admitted.promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  #enqueue(entry: Entry<S>): void {
    this.#size += entry.size;
    this.#waiting.push(entry);
  }

  #send(): void {
    while (this.#inFlight < this.#config.numConsumers) {
      const entry = this.#waiting.shift();
      if (!entry) return;
      this.#inFlight++;
      void this.#sendOne(entry);
    }
  }

  async #sendOne(entry: Entry<S>): Promise<void> {
    try {
      await this.#next.consume(entry.data, { client: entry.client, signal: this.#abort.signal });
      this.#sentItems += entry.items;
      entry.result.resolve();
    } catch (error) {
      this.#fail(entry, error);
    }
    this.#inFlight--;
    this.#size -= entry.size;
    this.#admit();
    this.#send();
    if (this.#inFlight === 0) this.#idle?.resolve();
  }

  /** Lets in those who wait for room, first come first served. */
  #admit(): void {
    for (let next = this.#blocked[0]; next; next = this.#blocked[0]) {
      if (this.#size + next.entry.size > this.#config.queueSize) return;
      this.#blocked.shift();
      this.#enqueue(next.entry);
      next.admitted.resolve();
    }
  }

  #dropAll(): void {
    this.#abort.abort(new Error("shutdown deadline exceeded"));
    for (const entry of this.#waiting.splice(0)) {
      this.#size -= entry.size;
      this.#fail(entry, this.#abort.signal.reason);
    }
  }

  #fail({ items, result }: Entry<S>, error: unknown): void {
    this.#failedItems += items;
    const attributes = { error: messageOf(error), dropped_items: items };
    this.#logger.error(attributes, "Exporting failed. Dropping data.");
    result.reject(error);
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
