import type { ExporterFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { type FileConfig, fileConfig } from "./config.ts";
import { FileExporter } from "./exporter.ts";

/** `file`: writes telemetry to files, as OTLP in JSON or protobuf. */
export const fileExporterFactory: ExporterFactory<FileConfig, Signal> = {
  type: "file",
  stability: { traces: "alpha", metrics: "alpha", logs: "alpha" },
  config: fileConfig,
  exclusive: () => true,
  create: (settings, config, signal) => new FileExporter(settings, config, signal),
};
