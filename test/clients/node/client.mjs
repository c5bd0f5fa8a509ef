// Sends a workload (workload.ts) with the OpenTelemetry SDK for Node.js, and prints the ids of its spans.
// Where to and how is in the environment, as OTEL_EXPORTER_OTLP_* say it.
import { text } from "node:stream/consumers";
import { createTraceState, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const PACKAGES = { grpc: "grpc", "http/protobuf": "proto", "http/json": "http" };
const workload = JSON.parse(await text(process.stdin));
const { name, version, schemaUrl } = workload.scope;
const resource = resourceFromAttributes(attributes(workload.resource));

/** The exporter of the protocol that the environment names. */
async function exporter(kind, type) {
  const protocol = PACKAGES[process.env.OTEL_EXPORTER_OTLP_PROTOCOL];
  const exports = await import(`@opentelemetry/exporter-${kind}-otlp-${protocol}`);
  return new exports[type]();
}

function value(any) {
  const [[kind, it]] = Object.entries(any);
  if (kind === "intValue") return Number(it);
  if (kind === "bytesValue") return new Uint8Array(Buffer.from(it, "base64"));
  if (kind === "arrayValue") return it.values.map(value);
  return kind === "kvlistValue" ? attributes(it.values) : it;
}

function attributes(list) {
  return Object.fromEntries(list.map((attribute) => [attribute.key, value(attribute.value)]));
}

/** Seconds and nanoseconds: a number of milliseconds would round. */
function time(nanoseconds) {
  return [Number(BigInt(nanoseconds) / 1_000_000_000n), Number(BigInt(nanoseconds) % 1_000_000_000n)];
}

function sendSpans(tracer) {
  const contexts = [];
  for (const it of workload.spans) {
    const span = tracer.startSpan(
      it.name,
      {
        kind: it.kind - 1, // OTLP has 0 for none.
        startTime: time(it.start),
        attributes: attributes(it.attributes),
        links: it.links.map((link) => ({
          context: trace.getSpanContext(contexts[link.span]),
          attributes: attributes(link.attributes),
        })),
      },
      parentOf(it, contexts),
    );
    for (const event of it.events) span.addEvent(event.name, attributes(event.attributes), time(event.time));
    if (it.status.code > 0) span.setStatus({ code: it.status.code, message: it.status.message });
    span.end(time(it.end));
    contexts.push(trace.setSpan(ROOT_CONTEXT, span));
  }
  return contexts;
}

function parentOf({ parent, remoteParent }, contexts) {
  if (!remoteParent) return parent === undefined ? ROOT_CONTEXT : contexts[parent];
  const { traceId, spanId, traceState } = remoteParent;
  const remote = { traceId, spanId, traceFlags: 1, isRemote: true, traceState: createTraceState(traceState) };
  return trace.setSpanContext(ROOT_CONTEXT, remote);
}

const CREATE = {
  counter: "createCounter",
  up_down_counter: "createUpDownCounter",
  gauge: "createGauge",
  histogram: "createHistogram",
  exponential_histogram: "createHistogram",
  observable_counter: "createObservableCounter",
};

function sendMetrics(meter, contexts) {
  for (const { name, unit, description, instrument, number, measurements } of workload.metrics) {
    const it = meter[CREATE[instrument]](name, { unit, description, valueType: number === "int" ? 0 : 1 });
    if (instrument === "observable_counter") {
      it.addCallback((result) => {
        for (const measured of measurements) result.observe(measured.value, attributes(measured.attributes));
      });
      continue;
    }
    for (const measured of measurements)
      (it.add ?? it.record).call(
        it,
        measured.value,
        attributes(measured.attributes),
        contexts[measured.span],
      );
  }
}

function sendLogs(logger, contexts) {
  for (const it of workload.logs)
    logger.emit({
      timestamp: time(it.time),
      observedTimestamp: time(it.observedTime),
      severityNumber: it.severityNumber,
      severityText: it.severityText,
      ...(it.eventName && { eventName: it.eventName }),
      ...(it.body && { body: value(it.body) }),
      attributes: attributes(it.attributes),
      context: it.span === undefined ? ROOT_CONTEXT : contexts[it.span],
    });
}

const tracers = new TracerProvider({
  resource,
  spanProcessors: [new BatchSpanProcessor({ exporter: await exporter("trace", "OTLPTraceExporter") })],
});
const meters = new MeterProvider({
  resource,
  readers: [new PeriodicExportingMetricReader({ exporter: await exporter("metrics", "OTLPMetricExporter") })],
  views: [
    {
      instrumentName: "client.exponential_histogram.*",
      aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
    },
  ],
});
const loggers = new LoggerProvider({
  resource,
  processors: [new BatchLogRecordProcessor({ exporter: await exporter("logs", "OTLPLogExporter") })],
});
const contexts = sendSpans(tracers.getTracer(name, version, { schemaUrl }));
sendMetrics(meters.getMeter(name, version, { schemaUrl }), contexts);
sendLogs(loggers.getLogger(name, version, { schemaUrl }), contexts);
await Promise.all([tracers.shutdown(), meters.shutdown(), loggers.shutdown()]);
const ids = contexts.map((context) => trace.getSpanContext(context));
console.log(
  JSON.stringify(ids.map(({ traceId, spanId, traceFlags: flags }) => ({ traceId, spanId, flags }))),
);
