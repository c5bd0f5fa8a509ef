import type { ExporterFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { httpDestination } from "../helper/destination.ts";
import { toExporter } from "../helper/exporter.ts";
import { type OtlpHttpConfig, otlpHttpConfig, urlOf } from "./config.ts";
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
    const destination = httpDestination(urlOf(config, signal));
    return toExporter(
      { settings, signal, retry, queue, destination },
      new OtlpHttpSender(settings, config, signal),
    );
  },
};
