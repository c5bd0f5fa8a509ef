import type { ExporterFactory } from "../../component/index.ts";
import { toExporter } from "../helper/exporter.ts";
import { type PrometheusConfig, prometheusConfig } from "./config.ts";
import { PrometheusExporter } from "./exporter.ts";

/** `prometheus`: serves metrics for Prometheus to scrape. */
export const prometheusExporterFactory: ExporterFactory<PrometheusConfig, "metrics"> = {
  type: "prometheus",
  stability: { metrics: "beta" },
  config: prometheusConfig,
  exclusive: () => true,
  create: (settings, config, signal) =>
    toExporter(
      { settings, signal, retry: undefined, queue: config.sendingQueue },
      new PrometheusExporter(settings, config),
    ),
};
