import type { CounterRegistry } from "../../component/index.ts";
import type { Batch } from "../../exporters/helper/batcher.ts";
import type { Signal } from "../../pdata/index.ts";

/** The Collector's bounds of both histograms. */
const ITEM_BOUNDS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000,
  30_000, 50_000, 100_000,
];
const BYTE_BOUNDS = Array.from({ length: 18 }, (_, power) => 128 * 2 ** power);

/** What a batch processor counts of itself, by the Collector's names. */
export class BatchMetrics {
  readonly #sizeTriggers: { add(count: number): void };
  readonly #timeoutTriggers: { add(count: number): void };
  readonly #items: { record(value: number): void };
  readonly #bytes: { record(value: number): void };
  /** Items that downstream refused for good after they had been accepted here; not a metric of the Collector's. */
  readonly dropped: { add(count: number): void };

  constructor(counters: CounterRegistry, id: string, partitions: () => number) {
    const labels = { processor: id };
    const name = (suffix: string) => `otelcol_processor_batch_${suffix}`;
    this.#sizeTriggers = counters.counter(name("batch_size_trigger_send"), labels);
    this.#timeoutTriggers = counters.counter(name("timeout_trigger_send"), labels);
    this.#items = counters.histogram(name("batch_send_size"), labels, ITEM_BOUNDS);
    this.#bytes = counters.histogram(name("batch_send_size_bytes"), labels, BYTE_BOUNDS);
    this.dropped = counters.counter(name("dropped_items"), labels);
    counters.observe("gauge", name("metadata_cardinality"), labels, partitions);
  }

  /** Counts a batch that is about to be sent. */
  sent({ data, trigger }: Batch<Signal>): void {
    (trigger === "size" ? this.#sizeTriggers : this.#timeoutTriggers).add(1);
    this.#items.record(data.itemCount);
    this.#bytes.record(data.byteLength);
  }
}
