// What each series was at the last export, since a table of rates needs two of them.

/** Series remembered at most; a series that comes back after it was forgotten is shown as new. */
const MOST_SERIES = 10_000;

interface Seen<T> {
  readonly startTime: bigint;
  readonly time: bigint;
  readonly value: T;
}

/** A series' value before, if it is the same run of it, and the seconds since. */
export interface Change<T> {
  readonly before: T | undefined;
  readonly seconds: number;
}

export class History<T> {
  readonly #seen = new Map<string, Seen<T>>();

  /** Notes the value of `series` at `time`, and gives the one it had before. */
  note(series: string, point: { readonly startTime: bigint; readonly time: bigint }, value: T): Change<T> {
    const last = this.#seen.get(series);
    this.#seen.delete(series); // Inserted anew, so that the map stays in the order of use.
    this.#seen.set(series, { startTime: point.startTime, time: point.time, value });
    if (this.#seen.size > MOST_SERIES) this.#seen.delete(this.#seen.keys().next().value ?? "");
    const same = last && last.startTime === point.startTime && last.time < point.time;
    const from = same ? last.time : point.startTime || point.time;
    return { before: same ? last.value : undefined, seconds: Number(point.time - from) / 1e9 };
  }
}
