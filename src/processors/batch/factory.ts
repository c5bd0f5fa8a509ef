import type { ProcessorFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { type BatchConfig, batchConfig } from "./config.ts";
import { BatchProcessor } from "./processor.ts";

/** `batch`: joins small pieces of telemetry, so that what follows is called seldom. */
export const batchProcessorFactory: ProcessorFactory<BatchConfig, Signal> = {
  type: "batch",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config: batchConfig,
  create: (settings, config, _signal, next) => new BatchProcessor(settings, config, next),
};
