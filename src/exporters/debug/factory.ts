import type { ExporterFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { toExporter } from "../helper/exporter.ts";
import { type DebugConfig, debugConfig } from "./config.ts";
import { DebugExporter } from "./exporter.ts";
import { openOutput } from "./output.ts";

/** `debug`: writes telemetry as text, in the Collector's formats. */
export const debugExporterFactory: ExporterFactory<DebugConfig, Signal> = {
  type: "debug",
  stability: { traces: "alpha", metrics: "alpha", logs: "alpha" },
  config: debugConfig,
  create(settings, config, signal) {
    const exporter = new DebugExporter(signal, config.verbosity, openOutput(config, settings.logger));
    return toExporter({ settings, signal, retry: undefined, queue: config.sendingQueue }, exporter);
  },
};
