import type { CounterRegistry, Labels } from "../../component/index.ts";
import type { Counters, NumberSeries } from "../telemetry/counters.ts";

/** The agent's metrics as one component adds to them: what it only shows goes with it, what was counted stays. */
export class NodeCounters implements CounterRegistry {
  readonly #counters: Counters;
  readonly #observed: (() => void)[] = [];

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  get detailed(): boolean {
    return this.#counters.detailed;
  }

  counter(name: string, labels: Labels): { add(count: number): void } {
    return this.#counters.counter(name, labels);
  }

  histogram(name: string, labels: Labels, bounds: readonly number[]): { record(value: number): void } {
    return this.#counters.histogram(name, labels, bounds);
  }

  observe(type: NumberSeries["type"], name: string, labels: Labels, read: () => number): void {
    this.#observed.push(this.#counters.observe(type, name, labels, read));
  }

  /** Reads nothing of the component any more. */
  release(): void {
    for (const end of this.#observed.splice(0)) end();
  }
}
