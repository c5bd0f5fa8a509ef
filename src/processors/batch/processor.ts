// Hot: runs once for each piece of telemetry in every pipeline.
import type { Processor } from "../../component/index.ts";
import { timerMs } from "../../confmap/duration.ts";
import type { Capabilities, Consumer, Context } from "../../consumer/index.ts";
import { concatData, type Signal, type SignalData } from "../../pdata/index.ts";
import type { BatchConfig } from "./config.ts";

/** One piece of telemetry and whoever waits for it to be taken. */
interface Piece<S extends Signal> {
  readonly data: SignalData[S];
  readonly items: number;
  readonly taken: () => void;
  readonly refused: (cause: unknown) => void;
}

/**
 * Joins pieces into batches.
 *
 * `consume` resolves when the batch that holds the data was taken, and rejects as it was refused: nothing is lost here,
 * and the senders who wait are the only queue. One batch is under way at a time, in order. A piece is split only when it
 * is larger than the maximum on its own; it is then refused as a whole when any part is.
 */
export class BatchProcessor<S extends Signal> implements Processor<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #config: BatchConfig;
  readonly #signal: S;
  readonly #next: Consumer<S>;
  readonly #deadline = new AbortController();
  #waiting: Piece<S>[] = [];
  #waitingItems = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the oldest waiting piece has waited long enough. */
  #due = false;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(config: BatchConfig, signal: S, next: Consumer<S>) {
    this.#config = config;
    this.#signal = signal;
    this.#next = next;
  }

  async start(): Promise<void> {}

  async shutdown(signal: AbortSignal): Promise<void> {
    this.#closed = true;
    const expire = () => this.#deadline.abort(signal.reason);
    if (signal.aborted) expire();
    signal.addEventListener("abort", expire, { once: true });
    this.#expireWait();
    await this.#sending;
    signal.removeEventListener("abort", expire);
  }

  async consume(data: SignalData[S], { signal }: Context = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#closed) throw new Error("batch processor is shut down");
    const items = data.itemCount;
    if (items === 0) return;
    const { promise, resolve: taken, reject: refused } = Promise.withResolvers<void>();
    const piece: Piece<S> = { data, items, taken, refused };
    this.#waiting.push(piece);
    this.#waitingItems += items;
    if (this.#config.timeoutMs === 0) this.#due = true;
    if (this.#ready()) this.#send();
    else this.#wait();
    await (signal ? this.#unlessAborted(promise, piece, signal) : promise);
  }

  /** Takes the piece back when its sender gives up before it has left. */
  async #unlessAborted(promise: Promise<void>, piece: Piece<S>, signal: AbortSignal): Promise<void> {
    const takeBack = () => {
      const index = this.#waiting.indexOf(piece);
      if (index < 0) return; // Under way: its fate is what `next` says.
      this.#waiting.splice(index, 1);
      this.#waitingItems -= piece.items;
      if (this.#waiting.length === 0) this.#clearWait();
      piece.refused(signal.reason);
    };
    signal.addEventListener("abort", takeBack, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", takeBack));
  }

  #ready(): boolean {
    return this.#waiting.length > 0 && (this.#due || this.#waitingItems >= this.#config.sendBatchSize);
  }

  #wait(): void {
    this.#timer ??= setTimeout(() => this.#expireWait(), timerMs(this.#config.timeoutMs));
  }

  #expireWait(): void {
    this.#due = true;
    this.#send();
  }

  #send(): void {
    if (this.#sending || !this.#ready()) return;
    this.#sending = this.#sendReady();
  }

  async #sendReady(): Promise<void> {
    while (this.#ready()) await this.#deliver(this.#take());
    if (this.#waiting.length > 0) this.#wait(); // Behind a full batch, so that nothing has set the timer yet.
    this.#sending = undefined; // At once: whoever comes before the next microtask must find it so.
  }

  /** The oldest pieces that make one batch. */
  #take(): readonly Piece<S>[] {
    const { sendBatchSize, sendBatchMaxSize } = this.#config;
    let count = 0;
    let items = 0;
    for (const piece of this.#waiting) {
      const tooMany = sendBatchMaxSize > 0 && items + piece.items > sendBatchMaxSize;
      if (count > 0 && (items >= sendBatchSize || tooMany)) break;
      count++;
      items += piece.items;
    }
    this.#waitingItems -= items;
    const pieces = this.#waiting.splice(0, count);
    if (this.#waiting.length === 0) this.#clearWait();
    return pieces;
  }

  #clearWait(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
  }

  async #deliver(pieces: readonly Piece<S>[]): Promise<void> {
    try {
      for (const part of this.#parts(pieces)) await this.#hand(part);
    } catch (cause) {
      for (const piece of pieces) piece.refused(cause);
      return;
    }
    for (const piece of pieces) piece.taken();
  }

  #parts(pieces: readonly Piece<S>[]): readonly SignalData[S][] {
    const first = pieces[0]!.data;
    const batch =
      pieces.length === 1
        ? first
        : concatData(
            this.#signal,
            pieces.map((piece) => piece.data),
          );
    const max = this.#config.sendBatchMaxSize;
    return max > 0 && batch.itemCount > max ? (batch.split(max) as unknown as SignalData[S][]) : [batch];
  }

  /** Gives up at the shutdown deadline, whether or not what follows does. */
  async #hand(part: SignalData[S]): Promise<void> {
    const { signal } = this.#deadline;
    signal.throwIfAborted();
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const expire = () => reject(signal.reason);
    signal.addEventListener("abort", expire, { once: true });
    try {
      await Promise.race([this.#next.consume(part, { signal }), expired]);
    } finally {
      signal.removeEventListener("abort", expire);
    }
  }
}
