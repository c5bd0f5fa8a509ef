import type { ExporterFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { toExporter } from "../helper/exporter.ts";
import { type OtlpHttpConfig, otlpHttpConfig } from "./config.ts";
import { OtlpHttpSender } from "./sender.ts";

/** `otlp_http`: OTLP over HTTP. */
export const otlpHttpExporterFactory: ExporterFactory<OtlpHttpConfig, Signal> = {
  type: "otlp_http",
  aliases: ["otlphttp"],
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config: otlpHttpConfig,
  exclusive: ({ sendingQueue }) => Boolean(sendingQueue?.storage), // Which is one file.
  create(settings, config, signal) {
    const { retryOnFailure: retry, sendingQueue: queue } = config;
    return toExporter({ settings, signal, retry, queue }, new OtlpHttpSender(settings, config, signal));
  },
};
