// The processors, in the order in which `components` lists them.
import type { Entry } from "../component/entry.ts";
import type { ProcessorFactory } from "../component/index.ts";
import type { Signal } from "../pdata/index.ts";

type Factory = ProcessorFactory<unknown, Signal>;

export const processors: readonly Entry<Factory>[] = [
  {
    type: "attributes",
    load: async () => (await import("./attributes/factory.ts")).attributesProcessorFactory,
  },
  { type: "batch", load: async () => (await import("./batch/factory.ts")).batchProcessorFactory },
  {
    type: "memory_limiter",
    load: async () => (await import("./memory_limiter/factory.ts")).memoryLimiterProcessorFactory,
  },
  {
    type: "probabilistic_sampler",
    load: async () =>
      (await import("./probabilistic_sampler/factory.ts")).probabilisticSamplerProcessorFactory as Factory,
  },
  { type: "resource", load: async () => (await import("./resource/factory.ts")).resourceProcessorFactory },
  {
    type: "resource_detection",
    aliases: ["resourcedetection"],
    load: async () => (await import("./resource_detection/factory.ts")).resourceDetectionProcessorFactory,
  },
];
