import type { ProcessorFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { type ResourceDetectionConfig, resourceDetectionConfig, withoutForeignDetectors } from "./config.ts";
import { ResourceDetectionProcessor } from "./processor.ts";
import { ownSurroundings } from "./surroundings.ts";

/** `resource_detection`: adds what the host says of itself to every resource. */
export const resourceDetectionProcessorFactory: ProcessorFactory<ResourceDetectionConfig, Signal> = {
  type: "resource_detection",
  aliases: ["resourcedetection"],
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config: resourceDetectionConfig,
  withoutUnsupported: withoutForeignDetectors,
  create: (settings, config, _signal, next) =>
    new ResourceDetectionProcessor(settings, config, ownSurroundings, next),
};
