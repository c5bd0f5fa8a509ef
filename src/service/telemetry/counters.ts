// The agent's own counters, by the Collector's metric names.
import type { CounterRegistry, Labels } from "../../component/index.ts";

/** One series as it is read. */
export interface Series {
  readonly name: string;
  readonly labels: Labels;
  /** A counter only ever grows. */
  readonly type: "counter" | "gauge";
  readonly value: number;
}

/** A series that is counted here. */
export class Counter implements Series {
  readonly name: string;
  readonly labels: Labels;
  readonly type = "counter";
  #value = 0;

  constructor(name: string, labels: Labels) {
    this.name = name;
    this.labels = labels;
  }

  get value(): number {
    return this.#value;
  }

  add(count: number): void {
    this.#value += count;
  }
}

/** Every series of one agent. The same name and labels are the same series. */
export class Counters implements CounterRegistry {
  readonly #series = new Map<string, Series>();

  counter(name: string, labels: Labels): Counter {
    const key = seriesName(name, labels);
    const known = this.#series.get(key);
    if (known instanceof Counter) return known;
    const counter = new Counter(name, labels);
    this.#series.set(key, counter);
    return counter;
  }

  /** Adds a series whose value is kept elsewhere and read when it is asked for. */
  observe(type: Series["type"], name: string, labels: Labels, read: () => number): void {
    const series = {
      name,
      labels,
      type,
      get value() {
        return read();
      },
    };
    this.#series.set(seriesName(name, labels), series);
  }

  /** All series, in the order in which they were first asked for. */
  *[Symbol.iterator](): Iterator<Series> {
    yield* this.#series.values();
  }

  /** Values by series, `name{label="value"}`, for logs and tests. */
  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#series].map(([key, series]) => [key, series.value]));
  }
}

function seriesName(name: string, labels: Labels): string {
  const shown = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${shown.join(",")}}`;
}
