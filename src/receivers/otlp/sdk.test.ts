// OpenTelemetry's own exporters for Node.js, as applications have them.
import { OTLPLogExporter as GrpcLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as GrpcMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter as GrpcTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { describe, expect, it } from "vitest";
import { OtlpUnderTest } from "../../../test/support/otlp-under-test.ts";
import type { ResourceItems } from "../../pdata/decode/common.ts";
import { decodeLogs } from "../../pdata/decode/logs.ts";
import { decodeMetrics } from "../../pdata/decode/metrics.ts";
import { decodeTraces } from "../../pdata/decode/traces.ts";
import type { Signal } from "../../pdata/index.ts";

/** The exporters' `compression: "gzip"`; their type cannot be imported. */
const GZIP = { compression: "gzip" as never };

/** The only item that came, decoded. */
function only<T>(otlp: OtlpUnderTest, signal: Signal, decode: (bytes: Uint8Array) => ResourceItems<T>[]): T {
  expect(otlp.taken.map((taken) => taken.signal)).toEqual([signal]);
  return decode(otlp.bytes[0]!)[0]!.scopes[0]!.items[0]!;
}

describe.each([
  ["grpc", {}],
  ["grpc", GZIP],
  ["http", {}],
  ["http", GZIP],
] as const)("the SDK's exporters over %s with %j", (protocol, options) => {
  const urlOf = (otlp: OtlpUnderTest, signal: Signal) =>
    protocol === "grpc" ? `http://${otlp.grpc}` : `http://${otlp.http}/v1/${signal}`;

  it("hand over spans", async () => {
    await using otlp = await OtlpUnderTest.start({ [protocol]: {} });
    const Exporter = protocol === "grpc" ? GrpcTraceExporter : OTLPTraceExporter;
    const exporter = new Exporter({ url: urlOf(otlp, "traces"), ...options });
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    provider.getTracer("test").startSpan("GET /").end();
    await provider.forceFlush();
    await provider.shutdown();
    expect(only(otlp, "traces", decodeTraces).name).toBe("GET /");
  });

  it("hand over metrics", async () => {
    await using otlp = await OtlpUnderTest.start({ [protocol]: {} });
    const Exporter = protocol === "grpc" ? GrpcMetricExporter : OTLPMetricExporter;
    const exporter = new Exporter({ url: urlOf(otlp, "metrics"), ...options });
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    provider.getMeter("test").createCounter("requests").add(3);
    await provider.shutdown();
    expect(only(otlp, "metrics", decodeMetrics).name).toBe("requests");
  });

  it("hand over log records", async () => {
    await using otlp = await OtlpUnderTest.start({ [protocol]: {} });
    const Exporter = protocol === "grpc" ? GrpcLogExporter : OTLPLogExporter;
    const exporter = new Exporter({ url: urlOf(otlp, "logs"), ...options });
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    provider.getLogger("test").emit({ body: "hello" });
    await provider.forceFlush();
    await provider.shutdown();
    expect(only(otlp, "logs", decodeLogs).body).toEqual("hello");
  });
});
