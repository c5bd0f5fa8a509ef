// What is counted of a queue's requests and batches, for the level `detailed`.
import type { CounterRegistry, Labels } from "../../component/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";

/** The Collector's bounds for items. */
const ITEM_BOUNDS: readonly number[] = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000,
  30_000, 50_000, 100_000,
];
/** The Collector's bounds for bytes: 128 B to 16 MiB. */
const BYTE_BOUNDS: readonly number[] = Array.from({ length: 18 }, (_, power) => 128 * 2 ** power);

/** How large something is, each time it comes by. */
export class Sizes {
  readonly #items: { record(value: number): void };
  readonly #bytes: { record(value: number): void };

  /** `name` is that of the items; that of the bytes adds `_bytes`. */
  constructor(counters: CounterRegistry, name: string, labels: Labels) {
    this.#items = counters.histogram(name, labels, ITEM_BOUNDS);
    this.#bytes = counters.histogram(`${name}_bytes`, labels, BYTE_BOUNDS);
  }

  record({ itemCount, byteLength }: SignalData[Signal]): void {
    this.#items.record(itemCount);
    this.#bytes.record(byteLength);
  }
}
