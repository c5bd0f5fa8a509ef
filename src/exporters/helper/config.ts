// The blocks every sending exporter has in its configuration.
import { formatId, parseId } from "../../component/id.ts";
import { formatDurationMs } from "../../confmap/duration.ts";
import {
  bool,
  duration,
  enumOf,
  float,
  int,
  list,
  optional,
  type Problem,
  type Schema,
  string,
  struct,
  text,
} from "../../confmap/schema.ts";

/** The user's `retry_on_failure` block; undefined when it is off. */
export interface RetryConfig {
  readonly initialIntervalMs: number;
  readonly randomizationFactor: number;
  readonly multiplier: number;
  readonly maxIntervalMs: number;
  /** 0 for ever. */
  readonly maxElapsedTimeMs: number;
}

/** What a queue's size is counted in. */
export type Sizer = "requests" | "items" | "bytes";

const invalidSizer = (written: string): string => `invalid sizer: ${JSON.stringify(written)}`;

/** The user's `sending_queue` block; undefined when it is off. */
export interface QueueConfig {
  readonly numConsumers: number;
  readonly queueSize: number;
  readonly sizer: Sizer;
  readonly blockOnOverflow: boolean;
  readonly waitForResult: boolean;
  /** Id of the storage extension that keeps the queue; empty for one in memory. */
  readonly storage: string;
  readonly batch: BatchConfig | undefined;
}

/** The queue's `batch` block. */
export interface BatchConfig {
  readonly flushTimeoutMs: number;
  /** Empty for the queue's own, or items where that counts requests. */
  readonly sizer: Sizer | "";
  readonly minSize: number;
  readonly maxSize: number;
  readonly partition: {
    readonly metadataKeys: readonly string[];
    /** How many clients may be kept apart at a time. */
    readonly cacheSize: number;
    /** Without effect: a client of whom nothing waits takes no room here. */
    readonly idleTimeoutMs: number;
  };
}

export const retryConfig: Schema<RetryConfig> = struct(
  "configretry.BackOffConfig",
  {
    initial_interval: duration("5s"),
    randomization_factor: float(0.5),
    multiplier: float(1.5),
    max_interval: duration("30s"),
    max_elapsed_time: duration("5m"),
  },
  retryProblems,
);

const batchConfig: Schema<BatchConfig> = struct(
  "queuebatch.BatchConfig",
  {
    flush_timeout: duration("200ms"),
    sizer: enumOf(invalidSizer, ["requests", "items", "bytes", ""], ""),
    min_size: int(8192),
    max_size: int(),
    partition: struct(
      "queuebatch.PartitionConfig",
      { metadata_keys: list(string()), cache_size: int(10_000), idle_timeout: duration("90s") },
      function* ({ metadataKeys, cacheSize, idleTimeoutMs }) {
        if (idleTimeoutMs <= 0) {
          yield `\`idle_timeout\` must be positive, found ${formatDurationMs(idleTimeoutMs)}`;
        }
        yield* repeatedKey(metadataKeys);
        if (cacheSize <= 0) yield `\`cache_size\` must be positive, found ${cacheSize}`;
      },
    ),
  },
  batchProblems,
);

export const queueConfig: Schema<QueueConfig> = struct(
  "queuebatch.Config",
  {
    num_consumers: int(10),
    queue_size: int(1000),
    sizer: enumOf(invalidSizer, ["requests", "items", "bytes"], "requests"),
    block_on_overflow: bool(),
    wait_for_result: bool(),
    storage: text((written) => (written === "" ? "" : formatId(parseId(written)))), // As print-config writes none.
    batch: optional(batchConfig),
  },
  queueProblems,
);

/** `retry_on_failure`, on unless the user says otherwise. */
export const retryOnFailure: Schema<RetryConfig | undefined> = optional(retryConfig, {
  on: true,
  switched: true,
});

/** `sending_queue`, on unless the user says otherwise. */
export const sendingQueue: Schema<QueueConfig | undefined> = optional(queueConfig, { on: true });

function* retryProblems(config: RetryConfig): Iterable<Problem> {
  if (config.initialIntervalMs < 0) yield "initial_interval value must be greater than or equal to 0";
  if (config.randomizationFactor < 0 || config.randomizationFactor > 1) {
    yield "randomization_factor value must be between 0 and 1";
  }
  if (config.multiplier < 0) yield "multiplier value must be greater than or equal to 0";
  if (config.maxIntervalMs < 0) yield "max_interval value must be greater than or equal to 0";
  if (config.maxElapsedTimeMs < 0) yield "max_elapsed_time value must be greater than or equal to 0";
  const { maxElapsedTimeMs, initialIntervalMs, maxIntervalMs } = config;
  if (maxElapsedTimeMs <= 0) return;
  if (maxElapsedTimeMs < initialIntervalMs)
    yield "'max_elapsed_time' must not be less than 'initial_interval'";
  if (maxElapsedTimeMs < maxIntervalMs) yield "'max_elapsed_time' must not be less than 'max_interval'";
}

function* queueProblems(config: QueueConfig): Iterable<Problem> {
  const { batch, queueSize, sizer } = config;
  if (config.numConsumers <= 0) yield "`num_consumers` must be positive";
  if (queueSize <= 0) yield "`queue_size` must be positive";
  if (config.storage && config.waitForResult) {
    yield "`wait_for_result` is not supported with a persistent queue configured with `storage`";
  }
  if (batch && batchSizer(config, batch) === sizer && batch.minSize > queueSize) {
    yield "`min_size` must be less than or equal to `queue_size`";
  }
}

function* batchProblems({ sizer, flushTimeoutMs, minSize, maxSize }: BatchConfig): Iterable<Problem> {
  if (sizer === "requests") yield '`batch` supports only `items` or `bytes` sizer, found "requests"';
  if (flushTimeoutMs <= 0) yield `\`flush_timeout\` must be positive, found ${flushTimeoutMs * 1e6}`;
  if (minSize < 0) yield `\`min_size\` must be non-negative, found ${minSize}`;
  if (maxSize < 0) yield `\`max_size\` must be non-negative, found ${maxSize}`;
  if (maxSize > 0 && maxSize < minSize) {
    yield `\`max_size\` (${maxSize}) must be greater or equal to \`min_size\` (${minSize})`;
  }
}

/** Says which of `metadata_keys` is there twice, if one is; only the first is named, as upstream. */
export function* repeatedKey(metadataKeys: readonly string[]): Iterable<Problem> {
  const keys = metadataKeys.map((key) => key.toLowerCase());
  const repeated = keys.find((key, index) => keys.indexOf(key) < index);
  if (repeated !== undefined) {
    yield `duplicate entry in metadata_keys: ${JSON.stringify(repeated)} (case-insensitive)`;
  }
}

/** What the sizes of a batch are counted in. */
export function batchSizer({ sizer }: QueueConfig, batch: BatchConfig): "items" | "bytes" {
  return (batch.sizer || sizer) === "bytes" ? "bytes" : "items";
}
