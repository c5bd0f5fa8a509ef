import type { ProcessorFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { type MemoryLimiterConfig, memoryLimiterConfig } from "./config.ts";
import { MemoryLimiter } from "./limiter.ts";
import { processMemory } from "./memory.ts";
import { MemoryLimiterProcessor } from "./processor.ts";

/** One limiter for all the pipelines that name the same section, so that they refuse, and collect garbage, as one. */
const limiters = new WeakMap<MemoryLimiterConfig, MemoryLimiter>();

function limiterOf(config: MemoryLimiterConfig): MemoryLimiter {
  const known = limiters.get(config);
  if (known) return known;
  const limiter = new MemoryLimiter(config, processMemory);
  limiters.set(config, limiter);
  return limiter;
}

/** `memory_limiter`: refuses data while the agent is over its memory limit. First in every pipeline. */
export const memoryLimiterProcessorFactory: ProcessorFactory<MemoryLimiterConfig, Signal> = {
  type: "memory_limiter",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config: memoryLimiterConfig,
  create: (settings, config, signal, next) =>
    new MemoryLimiterProcessor(settings, limiterOf(config), signal, next),
};
