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
  /** By name and labels; the last is shown, those before it were shown until it came. */
  readonly #series = new Map<string, [Series, ...Series[]]>();

  counter(name: string, labels: Labels): Counter {
    const key = seriesName(name, labels);
    const known = this.#series.get(key)?.at(-1);
    if (known instanceof Counter) return known;
    const counter = new Counter(name, labels);
    this.#series.set(key, [counter]);
    return counter;
  }

  histogram(name: string, labels: Labels, bounds: readonly number[]): Histogram {
    const key = seriesName(name, labels);
    const known = this.#series.get(key)?.at(-1);
    if (known instanceof Histogram) return known;
    const histogram = new Histogram(name, labels, bounds);
    this.#series.set(key, [histogram]);
    return histogram;
  }

  observe(type: NumberSeries["type"], name: string, labels: Labels, read: () => number): Series {
    const series = observed(type, name, labels, read);
    const known = this.#series.get(seriesName(name, labels));
    if (known) known.push(series);
    else this.#series.set(seriesName(name, labels), [series]);
    return series;
  }

  /** Takes a series away. If it had taken another's place that is still there, that one is shown again. */
  remove(series: Series): void {
    const key = seriesName(series.name, series.labels);
    const [first, ...others] = (this.#series.get(key) ?? []).filter((one) => one !== series);
    if (first) this.#series.set(key, [first, ...others]);
    else this.#series.delete(key);
  }

  /** All series, in the order in which they were first asked for. */
  *[Symbol.iterator](): Iterator<Series> {
    for (const series of this.#series.values()) yield series.at(-1)!;
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
