import type { ExporterFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { type ConsoleConfig, consoleConfig } from "./config.ts";
import { ConsoleExporter } from "./exporter.ts";

/** `console`: telemetry for people: a line per span and log record, a table per metric. */
export const consoleExporterFactory: ExporterFactory<ConsoleConfig, Signal> = {
  type: "console",
  stability: { traces: "alpha", metrics: "alpha", logs: "alpha" },
  config: consoleConfig,
  create: (_settings, config, signal) => new ConsoleExporter(config, signal, process.stdout, process.env),
};
