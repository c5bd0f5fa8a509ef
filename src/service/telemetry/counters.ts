// The agent's own metrics, by the Collector's names.
import type { CounterRegistry, Labels } from "../../component/index.ts";
import { Histogram } from "./histogram.ts";

/** A series that is one number. */
export interface NumberSeries {
  readonly name: string;
  readonly labels: Labels;
  /** A counter only ever grows. */
  readonly type: "counter" | "gauge";
  readonly value: number;
}

/** One series as it is read. */
export type Series = NumberSeries | Histogram;

/** A series that is counted here. */
export class Counter implements NumberSeries {
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

  histogram(name: string, labels: Labels, bounds: readonly number[]): Histogram {
    const key = seriesName(name, labels);
    const known = this.#series.get(key);
    if (known instanceof Histogram) return known;
    const histogram = new Histogram(name, labels, bounds);
    this.#series.set(key, histogram);
    return histogram;
  }

  observe(type: NumberSeries["type"], name: string, labels: Labels, read: () => number): Series {
    const series = observed(type, name, labels, read);
    this.#series.set(seriesName(name, labels), series);
    return series;
  }

  /** Takes a series away, unless another has taken its place. */
  remove(series: Series): void {
    const key = seriesName(series.name, series.labels);
    if (this.#series.get(key) === series) this.#series.delete(key);
  }

  /** All series, in the order in which they were first asked for. */
  *[Symbol.iterator](): Iterator<Series> {
    yield* this.#series.values();
  }

  /** Values by series, `name{label="value"}`, for logs and tests; histograms as their sum and count. */
  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this].flatMap(values));
  }
}

function observed(
  type: NumberSeries["type"],
  name: string,
  labels: Labels,
  read: () => number,
): NumberSeries {
  return {
    name,
    labels,
    type,
    get value() {
      return read();
    },
  };
}

function values(series: Series): [string, number][] {
  const { name, labels } = series;
  if (series.type !== "histogram") return [[seriesName(name, labels), series.value]];
  return [
    [seriesName(`${name}_sum`, labels), series.sum],
    [seriesName(`${name}_count`, labels), series.count],
  ];
}

function seriesName(name: string, labels: Labels): string {
  const shown = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${shown.join(",")}}`;
}
