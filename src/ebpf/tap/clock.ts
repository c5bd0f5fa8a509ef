// Turns the kernel's CLOCK_MONOTONIC into time of day, exact to microseconds and through steps of the clock.
import { Nanos } from "../../pdata/index.ts";

const MS_IN_NS = 1_000_000n;
/** Reads of the clock that one search for a tick may take: some 2 ms. */
const MAX_READS = 100_000;

/** Where the two clocks are read. */
export interface Clocks {
  /** CLOCK_MONOTONIC in ns. */
  monotonicNs(): bigint;
  /** CLOCK_REALTIME in whole ms. */
  realtimeMs(): number;
}

export const systemClocks: Clocks = {
  monotonicNs: () => process.hrtime.bigint(),
  realtimeMs: () => Date.now(),
};

/**
 * The offset between the two clocks. Both run at one rate, which NTP may slew; so the offset is constant until someone
 * sets the clock. JavaScript reads time of day in whole milliseconds only: the offset is found by waiting for the next.
 */
export class MonotonicClock {
  readonly #clocks: Clocks;
  readonly #offset: Nanos = new Nanos();
  #offsetNs = 0n;

  constructor(clocks: Clocks = systemClocks) {
    this.#clocks = clocks;
    this.#measure();
  }

  /** Add it to a CLOCK_MONOTONIC time to get time of day. The same object, changed by `refresh`. */
  get offset(): Nanos {
    return this.#offset;
  }

  /** Measures anew where the clock was set since. Cheap while it was not. */
  refresh(): void {
    const now = this.#clocks.monotonicNs() + this.#offsetNs;
    const errorNs = now - BigInt(this.#clocks.realtimeMs()) * MS_IN_NS;
    // A read is up to 1 ms behind the true time, and something may run between the two reads.
    if (errorNs < -MS_IN_NS || errorNs > 2n * MS_IN_NS) this.#measure();
  }

  /** Sets `into` to the time of day now. */
  now(into: Nanos): Nanos {
    return into.setBigInt(this.#clocks.monotonicNs() + this.#offsetNs);
  }

  #measure(): void {
    const first = this.#clocks.realtimeMs();
    let next = first;
    let reads = 0;
    while (next === first && reads < MAX_READS) {
      next = this.#clocks.realtimeMs();
      reads++;
    }
    this.#offsetNs = BigInt(next) * MS_IN_NS - this.#clocks.monotonicNs();
    this.#offset.setBigInt(this.#offsetNs);
  }
}
