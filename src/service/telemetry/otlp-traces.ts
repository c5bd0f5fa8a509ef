// `traces.processors`: sends the agent's own spans through the OpenTelemetry SDK. Loaded when configured.
import { ROOT_CONTEXT, type Tracer as SdkTracer, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { SpanStart, Tracer } from "../graph/traced.ts";
import { errorText } from "./encode.ts";
import type { Closable } from "./metric-readers.ts";
import type { ExporterConfig, ProcessorConfig } from "./otlp-schema.ts";
import { grpcTarget, httpTarget } from "./otlp-target.ts";
import type { SentResource } from "./resource.ts";
import type { RootSamplerConfig, SamplerConfig, TracesConfig } from "./schema.ts";
import { sdkResource } from "./sdk-resource.ts";

/** Makes and sends spans until it is closed, and what is left then. */
export function startTracer(
  { processors, sampler }: TracesConfig,
  resource: SentResource,
): Tracer & Closable {
  const provider = new TracerProvider({
    resource: sdkResource(resource),
    sampler: samplerOf(sampler),
    spanProcessors: processors.map(processorOf),
  });
  const tracer = provider.getTracer("wattspan");
  return {
    run: (start, items, work) => runWithin(tracer, start, items, work),
    close: () => provider.shutdown(),
  };
}

async function runWithin(
  tracer: SdkTracer,
  { name, parent, attributes }: SpanStart,
  items: number,
  work: (span: unknown) => Promise<void>,
): Promise<void> {
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent as Span);
  const span = tracer.startSpan(name, { attributes: { ...attributes, items } }, context);
  try {
    await work(span);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: errorText(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** Without a sampler, every trace is kept. */
function samplerOf(config: SamplerConfig | undefined): Sampler {
  if (config?.parentBased) return new ParentBasedSampler({ root: rootSamplerOf(config.parentBased.root) });
  return rootSamplerOf(config);
}

function rootSamplerOf(config: RootSamplerConfig | undefined): Sampler {
  if (config?.alwaysOff) return new AlwaysOffSampler();
  if (config?.traceIdRatioBased) return new TraceIdRatioBasedSampler(config.traceIdRatioBased.ratio);
  return new AlwaysOnSampler();
}

function processorOf({ batch, simple }: ProcessorConfig): SpanProcessor {
  if (simple) return new SimpleSpanProcessor({ exporter: exporterOf(simple.exporter) });
  const { exporter, scheduleDelay, exportTimeout, maxQueueSize, maxExportBatchSize } = batch!;
  return new BatchSpanProcessor({
    exporter: exporterOf(exporter),
    scheduledDelayMillis: scheduleDelay,
    exportTimeoutMillis: exportTimeout,
    maxQueueSize,
    maxExportBatchSize,
  });
}

function exporterOf({ otlp }: ExporterConfig): SpanExporter {
  if (!otlp) return new ConsoleSpanExporter();
  return otlp.protocol === "grpc"
    ? new GrpcExporter(grpcTarget(otlp))
    : new HttpExporter(httpTarget(otlp, "traces"));
}
