// The agent's own counters, by the Collector's metric names.

export type Labels = Readonly<Record<string, string>>;

/** One series. Only ever grows. */
export class Counter {
  readonly name: string;
  readonly labels: Labels;
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

/** Every counter of one agent. The same name and labels are the same counter. */
export class Counters {
  readonly #series = new Map<string, Counter>();

  counter(name: string, labels: Labels): Counter {
    const key = seriesName(name, labels);
    const known = this.#series.get(key);
    if (known) return known;
    const counter = new Counter(name, labels);
    this.#series.set(key, counter);
    return counter;
  }

  /** All series, in the order in which they were first asked for. */
  *[Symbol.iterator](): Iterator<Counter> {
    yield* this.#series.values();
  }

  /** Values by series, `name{label="value"}`, for logs and tests. */
  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#series].map(([key, counter]) => [key, counter.value]));
  }
}

function seriesName(name: string, labels: Labels): string {
  const shown = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${shown.join(",")}}`;
}
