// The blocks every sending exporter has in its configuration.
import {
  bool,
  duration,
  enumOf,
  float,
  int,
  optional,
  type Problem,
  type Schema,
  struct,
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

/** The user's `sending_queue` block; undefined when it is off. */
export interface QueueConfig {
  readonly numConsumers: number;
  readonly queueSize: number;
  readonly sizer: Sizer;
  readonly blockOnOverflow: boolean;
  readonly waitForResult: boolean;
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

export const queueConfig: Schema<QueueConfig> = struct(
  "exporterhelper.QueueBatchConfig",
  {
    num_consumers: int(10),
    queue_size: int(1000),
    sizer: enumOf("sizer", ["requests", "items", "bytes"], "requests"),
    block_on_overflow: bool(),
    wait_for_result: bool(),
  },
  queueProblems,
);

/** `retry_on_failure`, on unless the user says otherwise. */
export const retryOnFailure: Schema<RetryConfig | undefined> = optional(retryConfig, { on: true });

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
  if (config.numConsumers <= 0) yield "`num_consumers` must be positive";
  if (config.queueSize <= 0) yield "`queue_size` must be positive";
}
