// `metrics.readers[].periodic`: sends the agent's own metrics through the OpenTelemetry SDK. Loaded when configured.
import { OTLPMetricExporter as GrpcExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter as HttpExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import {
  ConsoleMetricExporter,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import type { Closable } from "./metric-readers.ts";
import type { PeriodicReaderConfig } from "./metrics-schema.ts";
import type { ExporterConfig } from "./otlp-schema.ts";
import { grpcTarget, httpTarget } from "./otlp-target.ts";
import type { SentResource } from "./resource.ts";
import { CountersProducer } from "./sdk-metrics.ts";
import type { Metric } from "./views.ts";

/** Sends what `read` gives at each interval, and once more when closed. */
export function startPeriodicReader(
  { interval, timeout, exporter }: PeriodicReaderConfig,
  resource: SentResource,
  read: () => readonly Metric[],
): Closable {
  const reader = new PeriodicExportingMetricReader({
    exporter: exporterOf(exporter),
    exportIntervalMillis: interval,
    exportTimeoutMillis: Math.min(timeout, interval),
  });
  const isDelta = exporter.otlp?.temporalityPreference === "delta";
  reader.setMetricProducer(new CountersProducer(resource, read, isDelta));
  return { close: () => reader.shutdown() };
}

function exporterOf({ otlp }: ExporterConfig): PushMetricExporter {
  if (!otlp) return new ConsoleMetricExporter();
  return otlp.protocol === "grpc"
    ? new GrpcExporter(grpcTarget(otlp))
    : new HttpExporter(httpTarget(otlp, "metrics"));
}
