// The Collector's sending_queue: takes data at once, sends it in the background, refuses when full.
import type { Logger } from "../../component/index.ts";
import { type Capabilities, type Consumer, PermanentError } from "../../consumer/index.ts";
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
  readonly size: number;
  readonly result: PromiseWithResolvers<void>;
}

interface Blocked {
  readonly size: number;
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
}

const STOPPED = "sending queue is stopped";

/** A bounded queue in memory with `numConsumers` senders. Data that is being sent still counts towards its size. */
export class SendingQueue<S extends Signal> implements Consumer<S> {
  readonly capabilities: Capabilities;
  readonly #config: QueueConfig;
  readonly #logger: Logger;
  readonly #next: Consumer<S>;
  readonly #waiting: Entry<S>[] = [];
  readonly #blocked: Blocked[] = [];
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

  async consume(data: SignalData[S], signal?: AbortSignal): Promise<void> {
    const size = sizeOf(data, this.#config.sizer);
    try {
      await this.#reserve(size, signal);
    } catch (error) {
      const items = data.itemCount;
      this.#rejectedItems += items;
      const attributes = { error: messageOf(error), rejected_items: items };
      this.#logger.error(attributes, "Exporting failed. Rejecting data.");
      throw error;
    }
    const result = Promise.withResolvers<void>();
    result.promise.catch(() => {}); // Logged and counted where it is sent.
    this.#waiting.push({ data, size, result });
    this.#send();
    if (this.#config.waitForResult) await result.promise;
  }

  /** Sends what is queued, without accepting more, until all is sent or `deadline` aborts; the rest is dropped and counted. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#stopped = true;
    for (const { refuse } of this.#blocked.splice(0)) refuse(new Error(STOPPED));
    if (this.#inFlight === 0) return;
    const abort = () => this.#dropAll();
    deadline.addEventListener("abort", abort, { once: true });
    if (deadline.aborted) abort();
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
    deadline.removeEventListener("abort", abort);
  }

  /** Takes `size` of the queue, waiting for it if the user wants that. */
  async #reserve(size: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#stopped) throw new Error(STOPPED);
    if (this.#blocked.length === 0 && this.#size + size <= this.#config.queueSize) {
      this.#size += size;
      return;
    }
    if (size > this.#config.queueSize) throw new PermanentError("element size too large");
    if (!this.#config.blockOnOverflow) throw new Error("sending queue is full");
    await this.#room(size, signal);
  }

  /** Waits in line; `#admit` takes the place on behalf of the one it lets in. */
  async #room(size: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const blocked = { size, admit: resolve, refuse: reject };
    this.#blocked.push(blocked);
    const leave = () => {
      const place = this.#blocked.indexOf(blocked);
      if (place >= 0) this.#blocked.splice(place, 1);
      reject(signal?.reason);
      this.#admit(); // Those behind may fit where this one did not.
    };
    signal?.addEventListener("abort", leave, { once: true });
    await promise.finally(() => signal?.removeEventListener("abort", leave));
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
      await this.#next.consume(entry.data, this.#abort.signal);
      this.#sentItems += entry.data.itemCount;
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
      if (this.#size + next.size > this.#config.queueSize) return;
      this.#size += next.size;
      this.#blocked.shift();
      next.admit();
    }
  }

  #dropAll(): void {
    this.#abort.abort(new Error("shutdown deadline exceeded"));
    for (const entry of this.#waiting.splice(0)) {
      this.#size -= entry.size;
      this.#fail(entry, this.#abort.signal.reason);
    }
  }

  #fail(entry: Entry<S>, error: unknown): void {
    const items = entry.data.itemCount;
    this.#failedItems += items;
    const attributes = { error: messageOf(error), dropped_items: items };
    this.#logger.error(attributes, "Exporting failed. Dropping data.");
    entry.result.reject(error);
  }
}

function sizeOf<S extends Signal>(data: SignalData[S], sizer: Sizer): number {
  if (sizer === "requests") return 1;
  return sizer === "items" ? data.itemCount : data.byteLength;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
