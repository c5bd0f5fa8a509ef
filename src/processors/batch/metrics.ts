import type { CounterRegistry } from "../../component/index.ts";
import type { Batch } from "../../exporters/helper/batcher.ts";
import { Sizes } from "../../exporters/helper/queue-metrics.ts";
import type { Signal } from "../../pdata/index.ts";

/** What a batch processor counts of itself, by the Collector's names. */
export class BatchMetrics {
  readonly #sizeTriggers: { add(count: number): void };
  readonly #timeoutTriggers: { add(count: number): void };
  readonly #sizes: Sizes;
  /** Items that downstream refused for good after they had been accepted here; not a metric of the Collector's. */
  readonly dropped: { add(count: number): void };

  constructor(counters: CounterRegistry, id: string, partitions: () => number) {
    const labels = { processor: id };
    const name = (suffix: string) => `otelcol_processor_batch_${suffix}`;
    this.#sizeTriggers = counters.counter(name("batch_size_trigger_send"), labels);
    this.#timeoutTriggers = counters.counter(name("timeout_trigger_send"), labels);
    this.#sizes = new Sizes(counters, name("batch_send_size"), labels);
    this.dropped = counters.counter(name("dropped_items"), labels);
    counters.observe("gauge", name("metadata_cardinality"), labels, partitions);
  }

  /** Counts a batch that is about to be sent. */
  sent({ data, trigger }: Batch<Signal>): void {
    (trigger === "size" ? this.#sizeTriggers : this.#timeoutTriggers).add(1);
    this.#sizes.record(data);
  }
}
