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

/** A series that is counted here, or read from components: from several while one takes the place of another. */
export class Counter implements NumberSeries {
  readonly name: string;
  readonly labels: Labels;
  readonly type = "counter";
  readonly #reads = new Set<() => number>();
  #value = 0;

  constructor(name: string, labels: Labels) {
    this.name = name;
    this.labels = labels;
  }

  get value(): number {
    let sum = this.#value;
    for (const read of this.#reads) sum += read();
    return sum;
  }

  add(count: number): void {
    this.#value += count;
  }

  observe(read: () => number): void {
    this.#reads.add(read);
  }

  /** What was counted by then stays. */
  end(read: () => number): void {
    if (this.#reads.delete(read)) this.#value += read();
  }
}

/** A series that is what was last asked to be read. */
class Gauge implements NumberSeries {
  readonly name: string;
  readonly labels: Labels;
  readonly type = "gauge";
  readonly reads: Set<() => number> = new Set();

  constructor(name: string, labels: Labels) {
    this.name = name;
    this.labels = labels;
  }

  get value(): number {
    return [...this.reads].at(-1)?.() ?? 0;
  }
}

/** Every series of one agent. The same name and labels are the same series. */
export class Counters implements CounterRegistry {
  detailed = false;
  /** The bounds that the user wants for a histogram instead of its own; asked when it is made. */
  boundsOf: (name: string) => readonly number[] | undefined = () => undefined;
  readonly #series = new Map<string, Series>();

  counter(name: string, labels: Labels): Counter {
    return this.#known(name, labels, Counter) ?? this.#add(new Counter(name, labels));
  }

  histogram(name: string, labels: Labels, bounds: readonly number[]): Histogram {
    return (
      this.#known(name, labels, Histogram) ??
      this.#add(new Histogram(name, labels, this.boundsOf(name) ?? bounds))
    );
  }

  /** Gives what takes the reading away again: with a gauge its series; what a counter has counted stays. */
  observe(type: NumberSeries["type"], name: string, labels: Labels, read: () => number): () => void {
    if (type === "counter") {
      const counter = this.counter(name, labels);
      counter.observe(read);
      return () => counter.end(read);
    }
    const gauge = this.#known(name, labels, Gauge) ?? this.#add(new Gauge(name, labels));
    gauge.reads.add(read);
    return () => {
      gauge.reads.delete(read);
      if (gauge.reads.size === 0) this.#series.delete(seriesName(name, labels));
    };
  }

  /** All series, in the order in which they were first asked for. */
  *[Symbol.iterator](): Iterator<Series> {
    yield* this.#series.values();
  }

  /** Values by series, `name{label="value"}`, for logs and tests; histograms as their sum and count. */
  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this].flatMap(values));
  }

  #known<T extends Series>(name: string, labels: Labels, type: new (...args: never[]) => T): T | undefined {
    const known = this.#series.get(seriesName(name, labels));
    return known instanceof type ? known : undefined;
  }

  #add<T extends Series>(series: T): T {
    this.#series.set(seriesName(series.name, series.labels), series);
    return series;
  }
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
