// When to look into the ring again.

/** Time between two drains while there is something to find. */
const BUSY_MS = 50;
/**
 * The longest while there is not. To wake up is what an idle agent pays for, some 0.13 ms of CPU each time (0.25 % of a
 * core every 50 ms, for a timer that does nothing); so drains get rare within seconds, and nothing else has a timer that a
 * drain can do the work of.
 */
const IDLE_MS = 500;
/** The same where the user wants so many spans that a burst would fill the ring in that time. */
const MIN_IDLE_MS = 250;
const IDLE_GROWTH = 1.25;
/** Drains come sooner where they find more. */
const MIN_MS = 5;
const RECORDS_PER_DRAIN = 800;
/** With the longest heads; with short ones, twice as many. */
const RECORDS_IN_RING = 2400;

/** Chooses the time between two drains: by what the last one found and, while idle, by what may come before the next. */
export class DrainPace {
  readonly #idleMs: number;
  #intervalMs = BUSY_MS;

  /** `maxPerSecond` is the kernel's budget of spans: it bounds what a burst out of idleness puts into the ring. */
  constructor(maxPerSecond: number) {
    const fillMs = (1000 * RECORDS_IN_RING) / maxPerSecond;
    this.#idleMs = Math.min(Math.max(fillMs, MIN_IDLE_MS), IDLE_MS);
  }

  /** Until the next drain. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Says what the drain found that just ended. */
  drained(records: number): void {
    if (records === 0) {
      this.#intervalMs = Math.min(this.#intervalMs * IDLE_GROWTH, this.#idleMs);
      return;
    }
    const wantedMs = (this.#intervalMs * RECORDS_PER_DRAIN) / records;
    this.#intervalMs = Math.min(Math.max(wantedMs, MIN_MS), BUSY_MS);
  }
}
