// When to look into the ring again.

/** Time between two drains while there is something to find. */
const BUSY_MS = 50;
/**
 * The longest while there is not. To wake up is what an idle agent pays for: half of this was 0.06 % of a core more
 * (measured), of 0.2 % that it may take. So drains get rare within seconds, and nothing else has a timer that a drain can
 * do the work of.
 */
const IDLE_MS = 500;
const IDLE_GROWTH = 1.25;
/** Drains come sooner where they find more: the ring holds 2,400 records with the longest heads. */
const MIN_MS = 5;
const RECORDS_PER_DRAIN = 800;

/** Chooses the time between two drains by what the last one found. */
export class DrainPace {
  #intervalMs = BUSY_MS;

  /** Until the next drain. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Says what the drain found that just ended. */
  drained(records: number): void {
    if (records === 0) {
      this.#intervalMs = Math.min(this.#intervalMs * IDLE_GROWTH, IDLE_MS);
      return;
    }
    const wantedMs = (this.#intervalMs * RECORDS_PER_DRAIN) / records;
    this.#intervalMs = Math.min(Math.max(wantedMs, MIN_MS), BUSY_MS);
  }
}
