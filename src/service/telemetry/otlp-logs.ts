// `logs.processors`: sends the agent's own log through the OpenTelemetry SDK. Loaded when configured.
import { type AnyValue, SeverityNumber } from "@opentelemetry/api";
import { OTLPLogExporter as GrpcExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter as HttpExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import {
  BatchLogRecordProcessor,
  ConsoleLogRecordExporter,
  LoggerProvider,
  type LogRecordExporter,
  type LogRecordProcessor,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { encodeJson } from "./encode.ts";
import type { Level } from "./logger.ts";
import type { ExporterConfig, ProcessorConfig } from "./otlp-schema.ts";
import { grpcTarget, httpTarget } from "./otlp-target.ts";
import type { SentResource } from "./resource.ts";
import { sdkResource } from "./sdk-resource.ts";
import type { LogSender } from "./telemetry.ts";

const SEVERITIES: Readonly<Record<Level, SeverityNumber>> = {
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
};

/** Sends records until it is closed, and what is left then. */
export function startLogSender(processors: readonly ProcessorConfig[], resource: SentResource): LogSender {
  const provider = new LoggerProvider({
    resource: sdkResource(resource),
    processors: processors.map(processorOf),
  });
  const logger = provider.getLogger("wattspan");
  return {
    emit({ time, level, message, attributes }) {
      logger.emit({
        timestamp: time,
        severityNumber: SEVERITIES[level],
        severityText: level,
        body: message,
        attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, plain(value)])),
      });
    },
    close: () => provider.shutdown(),
  };
}

/** A value as an attribute: what is not a simple one, as the text it has in the log. */
function plain(value: unknown): AnyValue {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return encodeJson(value, false).replace(/^"(.*)"$/s, "$1");
}

function processorOf({ batch, simple }: ProcessorConfig): LogRecordProcessor {
  if (simple) return new SimpleLogRecordProcessor({ exporter: exporterOf(simple.exporter) });
  const { exporter, scheduleDelay, exportTimeout, maxQueueSize, maxExportBatchSize } = batch!;
  return new BatchLogRecordProcessor({
    exporter: exporterOf(exporter),
    scheduledDelayMillis: scheduleDelay,
    exportTimeoutMillis: exportTimeout,
    maxQueueSize,
    maxExportBatchSize,
  });
}

function exporterOf({ otlp }: ExporterConfig): LogRecordExporter {
  if (!otlp) return new ConsoleLogRecordExporter();
  return otlp.protocol === "grpc"
    ? new GrpcExporter(grpcTarget(otlp))
    : new HttpExporter(httpTarget(otlp, "logs"));
}
