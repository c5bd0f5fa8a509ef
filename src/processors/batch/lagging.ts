// Batches that some of several exporters took and others refused for now. They are kept for those others beside the
// batches that follow, so that a backend that is down does not hold up one that is not.
import { type Reoffer, reofferOf } from "../../consumer/partial.ts";
import type { Batch } from "../../exporters/helper/batcher.ts";
import type { Signal } from "../../pdata/index.ts";
import { backoff } from "./backoff.ts";

/** A batch, how to reach those who lack it, and what they said. */
interface Entry<S extends Signal> {
  readonly batch: Batch<S>;
  reoffer: Reoffer;
  refusal: unknown;
}

/** What the owner does for the batches that lag behind. */
export interface LaggingHooks<S extends Signal> {
  offer(reoffer: Reoffer, batch: Batch<S>): Promise<void>;
  pause(waitMs: number, refusal: unknown): Promise<void>;
  /** Whether there is no use in offering again. */
  isFinal(refusal: unknown): boolean;
  /** Ends a batch that is lost for those who lack it. */
  drop(batch: Batch<S>, cause: unknown): void;
  /** There are none left. */
  onEmpty(): void;
}

/** Offers them again, oldest first. */
export class Lagging<S extends Signal> {
  readonly #hooks: LaggingHooks<S>;
  readonly #entries: Entry<S>[] = [];
  #running = false;

  constructor(hooks: LaggingHooks<S>) {
    this.#hooks = hooks;
  }

  get busy(): boolean {
    return this.#running;
  }

  add(batch: Batch<S>, reoffer: Reoffer, refusal: unknown): void {
    this.#entries.push({ batch, reoffer, refusal });
    if (!this.#running) void this.#run();
  }

  /** Gives up the oldest, to make room; false when there is none. */
  giveUpOldest(why: string): boolean {
    const oldest = this.#entries.shift();
    if (!oldest) return false;
    const { batch, refusal } = oldest;
    const said = refusal instanceof Error ? refusal.message : String(refusal);
    this.#hooks.drop(batch, new Error(`${why}, last refused with: ${said}`, { cause: refusal }));
    return true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    let waits = backoff();
    for (let entry = this.#entries[0]; entry; entry = this.#entries[0]) {
      await this.#hooks.pause(waits.next().value, entry.refusal);
      while (this.#entries[0] && (await this.#offer(this.#entries[0]))) waits = backoff();
    }
    this.#running = false;
    this.#hooks.onEmpty();
  }

  /** Whether all have it now. One that was given up while it was offered was ended then. */
  async #offer(entry: Entry<S>): Promise<boolean> {
    let refusal: unknown;
    try {
      await this.#hooks.offer(entry.reoffer, entry.batch);
    } catch (cause) {
      refusal = cause;
    }
    if (this.#entries[0] !== entry) return false;
    const reoffer = reofferOf(refusal);
    if (refusal !== undefined && (reoffer || !this.#hooks.isFinal(refusal))) {
      entry.reoffer = reoffer ?? entry.reoffer;
      entry.refusal = refusal;
      return false;
    }
    this.#entries.shift();
    if (refusal === undefined) entry.batch.settle();
    else this.#hooks.drop(entry.batch, refusal);
    return refusal === undefined;
  }
}
