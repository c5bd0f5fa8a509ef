import { duration, list, type Problem, type Schema, string, struct, uint } from "../../confmap/schema.ts";
import { repeatedKey } from "../../exporters/helper/config.ts";

/** The user's `batch` section. Sizes are in spans, data points or log records. */
export interface BatchConfig {
  /** How long data may wait for more; 0 sends at once. */
  readonly timeoutMs: number;
  /** A batch of this many items is sent without waiting; 0 sends at once. */
  readonly sendBatchSize: number;
  /** Larger batches are split; 0 is no maximum. */
  readonly sendBatchMaxSize: number;
  readonly metadataKeys: readonly string[];
  readonly metadataCardinalityLimit: number;
}

export const batchConfig: Schema<BatchConfig> = struct(
  "batchprocessor.Config",
  {
    timeout: duration("200ms"),
    send_batch_size: uint(8192),
    send_batch_max_size: uint(),
    metadata_keys: list(string()),
    metadata_cardinality_limit: uint(1000),
  },
  firstProblem,
);

/** Stops at the first problem, as the Collector does. */
function* firstProblem(config: BatchConfig): Iterable<Problem> {
  if (config.sendBatchMaxSize > 0 && config.sendBatchMaxSize < config.sendBatchSize) {
    yield "send_batch_max_size must be greater or equal to send_batch_size";
    return;
  }
  const [repeated] = repeatedKey(config.metadataKeys);
  if (repeated !== undefined) yield repeated;
  else if (config.timeoutMs < 0) yield "timeout must be greater or equal to 0";
}
