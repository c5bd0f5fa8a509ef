// The Collector's load generator, over both protocols: what its options say arrives.
import assert from "node:assert/strict";
import { run } from "./cache.ts";
import { attribute, type Found, type Written } from "./found.ts";
import { type Command, telemetrygen } from "./obtain.ts";
import { type AnyValue, int, type Message, text } from "./otlp-json.ts";
import { Receiving, readCounts } from "./receiving.ts";
import type { Report } from "./report.ts";
import { describeTransport, environment, type Transport } from "./transport.ts";

const TRANSPORTS: readonly Transport[] = [
  { protocol: "grpc", compression: "none" },
  { protocol: "grpc", compression: "gzip" },
  { protocol: "http/protobuf", compression: "none" },
  { protocol: "http/protobuf", compression: "gzip" },
];
const TRACES = 200;
const CHILDREN = 4;
const METRICS = 50;
const LOGS = 300;
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SPAN_ID = "b7ad6b7169203331";
const KINDS = {
  Sum: "sum",
  Gauge: "gauge",
  Histogram: "histogram",
  ExponentialHistogram: "exponentialHistogram",
};

/** What it is asked for, a run each. */
const ASKED: readonly (readonly string[])[] = [
  ["traces", `--traces=${TRACES}`, `--child-spans=${CHILDREN}`, "--span-links=1", "--status-code=Error"],
  ...Object.keys(KINDS).map((kind) => [
    "metrics",
    `--metrics=${METRICS}`,
    `--metric-type=${kind}`,
    `--otlp-metric-name=${kind}`,
    `--trace-id=${TRACE_ID}`,
    `--span-id=${SPAN_ID}`,
  ]),
  [
    "logs",
    `--logs=${LOGS}`,
    "--body=the body",
    "--severity-number=17",
    "--severity-text=Error",
    `--trace-id=${TRACE_ID}`,
    `--span-id=${SPAN_ID}`,
  ],
];

/** Runs it over every transport. */
export async function testTelemetrygen(report: Report): Promise<void> {
  await report.group("telemetrygen", TRANSPORTS.length * 4, async () => {
    const command = await telemetrygen();
    for (const transport of TRANSPORTS) {
      const name = `telemetrygen, ${describeTransport(transport)}`;
      await report.group(name, 4, () => testTransport(report, name, command, transport));
    }
  });
}

async function testTransport(
  report: Report,
  name: string,
  command: Command,
  transport: Transport,
): Promise<void> {
  const receiving = await Receiving.start();
  const kind = transport.protocol === "grpc" ? "grpc" : "http";
  try {
    for (const asked of ASKED) await generate(command, asked, transport, receiving.ports[kind]);
    await report.test(`${name}: counted as accepted`, async () => {
      const label = `transport="${kind}"`;
      const counts = await readCounts(receiving.ports.metrics, "otelcol_receiver_accepted_", label);
      const metric_points = METRICS * Object.keys(KINDS).length;
      assert.deepEqual({ ...counts }, { log_records: LOGS, metric_points, spans: TRACES * (1 + CHILDREN) });
    });
  } catch (error) {
    await receiving.stop();
    throw error;
  }
  const written = await receiving.stop();
  await report.test(`${name}: traces`, () => checkSpans(written));
  await report.test(`${name}: metrics`, () => checkMetrics(written));
  await report.test(`${name}: logs`, () => checkLogs(written));
}

async function generate(
  [program, ...before]: Command,
  [signal, ...asked]: readonly string[],
  transport: Transport,
  port: number,
): Promise<void> {
  const common = [
    `--otlp-endpoint=127.0.0.1:${port}`,
    "--otlp-insecure",
    "--rate=0",
    '--otlp-attributes=team="größe"',
    "--telemetry-attributes=count=42",
    '--telemetry-attributes=text="漢字"',
  ];
  const http = transport.protocol === "grpc" ? [] : ["--otlp-http"];
  await run(program, [...before, signal!, ...asked, ...common, ...http], {
    env: environment(transport, port),
  });
}

function checkOwned(found: readonly Found[]): void {
  for (const { resource } of found) assert.deepEqual(attribute(resource, "team"), text("größe"));
}

function checkAttributes(items: readonly Message[]): void {
  const expected: readonly [string, AnyValue][] = [
    ["count", int(42)],
    ["text", text("漢字")],
  ];
  for (const item of items)
    for (const [key, value] of expected) assert.deepEqual(attribute(item, key), value);
}

function checkSpans({ spans }: Written): void {
  checkOwned(spans);
  const items = spans.map(({ item }) => item);
  checkAttributes(items);
  assert.equal(new Set(items.map(({ spanId }) => spanId)).size, TRACES * (1 + CHILDREN));
  const roots = new Map(items.filter(({ parentSpanId }) => !parentSpanId).map((item) => [item.spanId, item]));
  assert.equal(roots.size, TRACES);
  for (const root of roots.values()) assert.equal(root.name, "lets-go");
  const children = items.filter(({ parentSpanId }) => parentSpanId);
  for (const { traceId, parentSpanId, name, status, links } of children) {
    assert.equal(roots.get(parentSpanId)?.traceId, traceId);
    assert.match(String(name), /^okey-dokey-[0-3]$/);
    assert.deepEqual(status, { code: 2 });
    assert.equal((links as readonly unknown[]).length, 1);
  }
}

interface Point extends Message {
  readonly count?: string;
  readonly zeroCount?: string;
  readonly bucketCounts?: readonly string[];
  readonly positive?: { readonly bucketCounts: readonly string[] };
  readonly exemplars: readonly Message[];
}

function checkMetrics({ metrics }: Written): void {
  checkOwned(metrics);
  for (const [name, data] of Object.entries(KINDS)) {
    const found = metrics.map(({ item }) => item).filter((item) => item.name === name);
    const points = found.flatMap(
      (item) => (item[data] as { readonly dataPoints: readonly Point[] }).dataPoints,
    );
    assert.equal(points.length, METRICS, name);
    checkAttributes(points);
    for (const { exemplars, count, zeroCount = 0, ...point } of points) {
      assert.deepEqual([exemplars[0]?.traceId, exemplars[0]?.spanId], [TRACE_ID, SPAN_ID]);
      if (count === undefined) continue;
      const counts = (point.bucketCounts ?? point.positive?.bucketCounts ?? []).map(Number);
      assert.equal(
        counts.reduce((sum, it) => sum + it, Number(zeroCount)),
        Number(count),
        `buckets of ${name}`,
      );
    }
    // Sums and gauges count up from zero.
    const values = points.filter(({ asInt }) => asInt !== undefined).map(({ asInt }) => Number(asInt));
    assert.deepEqual(
      values.sort((a, b) => a - b),
      values.map((_, index) => index),
    );
  }
}

function checkLogs({ logs }: Written): void {
  checkOwned(logs);
  assert.equal(logs.length, LOGS);
  const items = logs.map(({ item }) => item);
  checkAttributes(items);
  const expected = [text("the body"), 17, "Error", TRACE_ID, SPAN_ID];
  for (const { body, severityNumber, severityText, traceId, spanId } of items)
    assert.deepEqual([body, severityNumber, severityText, traceId, spanId], expected);
}
