import type { Processor, Settings } from "../../component/index.ts";
import { SIGNAL_ITEMS } from "../../component/signal-items.ts";
import type { Capabilities, Consumer, Context } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import type { MemoryLimiter } from "./limiter.ts";

/** Refuses data, retryably, from the check that finds memory over the limit to the one that finds it under. */
export class MemoryLimiterProcessor<S extends Signal> implements Processor<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #settings: Settings;
  readonly #limiter: MemoryLimiter;
  readonly #next: Consumer<S>;
  readonly #accepted: { add(count: number): void };
  readonly #refused: { add(count: number): void };
  #started = false;

  constructor(settings: Settings, limiter: MemoryLimiter, signal: S, next: Consumer<S>) {
    this.#settings = settings;
    this.#limiter = limiter;
    this.#next = next;
    const { counters, id } = settings;
    const counter = (outcome: string) =>
      counters.counter(`otelcol_processor_memory_limiter_${outcome}_${SIGNAL_ITEMS[signal]}`, {
        processor: id,
      });
    this.#accepted = counter("accepted");
    this.#refused = counter("refused");
  }

  async start(): Promise<void> {
    this.#started = true;
    this.#limiter.start(this.#settings.logger);
  }

  async shutdown(): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    this.#limiter.stop();
  }

  async consume(data: SignalData[S], context?: Context): Promise<void> {
    if (this.#limiter.refusing) {
      this.#refused.add(data.itemCount);
      throw new Error("data refused due to high memory usage");
    }
    this.#accepted.add(data.itemCount);
    await this.#next.consume(data, context);
  }
}
