import {
  bool,
  enumOf,
  int,
  list,
  optional,
  type Problem,
  type Schema,
  string,
  struct,
} from "../../confmap/schema.ts";
import { type QueueConfig, queueConfig } from "../helper/config.ts";

export type Verbosity = "basic" | "normal" | "detailed";

/** The user's `debug` section. */
export interface DebugConfig {
  readonly verbosity: Verbosity;
  /** How many equal messages are shown in each second before sampling begins. */
  readonly samplingInitial: number;
  /** After those, every how manyth is shown; 0 for none. */
  readonly samplingThereafter: number;
  readonly useInternalLogger: boolean;
  /** Files, `stdout` or `stderr`; only without the internal logger. */
  readonly outputPaths: readonly string[];
  readonly sendingQueue: QueueConfig | undefined;
}

export const debugConfig: Schema<DebugConfig> = struct(
  "debugexporter.Config",
  {
    verbosity: enumOf("metrics level", ["basic", "normal", "detailed"], "basic"),
    sampling_initial: int(2),
    sampling_thereafter: int(1),
    use_internal_logger: bool(true),
    output_paths: list(string()),
    sending_queue: optional(queueConfig),
  },
  problems,
);

function* problems({ useInternalLogger, outputPaths }: DebugConfig): Iterable<Problem> {
  if (useInternalLogger && outputPaths.length > 0) {
    yield "output_paths is not supported when use_internal_logger is true";
  }
}
