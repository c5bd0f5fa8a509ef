// What is sent through pipelines: requests as SDKs make them, built once and sent many times.
import type { Signal } from "../../src/pdata/index.ts";
import { decodeJson } from "../../src/pdata/json/decode.ts";

/** One request's body, and how many items are in it. */
export interface Input {
  readonly signal: Signal;
  readonly items: number;
  readonly body: Uint8Array;
}

export type InputName = "large spans" | "small spans" | "data points" | "log records" | "large spans in JSON";

type Attributes = Readonly<Record<string, string | number>>;

const RESOURCE = {
  attributes: attributes({
    "service.name": "checkout",
    "service.namespace": "shop",
    "service.instance.id": "9f2c6b1e-6f0e-4f4c-9a69-0f3c2a5b7d11",
    "telemetry.sdk.language": "go",
    "telemetry.sdk.name": "opentelemetry",
    "k8s.pod.uid": "6ee1b9f4-5c0f-4a6c-8d0b-2a9c1f0c7e55",
  }),
};
const SCOPE = { name: "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", version: "0.66.0" };

const SMALL: Attributes = {
  "http.request.method": "GET",
  "http.response.status_code": 200,
  "url.scheme": "http",
  "url.path": "/cart",
  "server.address": "checkout",
  "server.port": 8080,
};
const LARGE: Attributes = {
  ...SMALL,
  "url.full": "http://checkout.shop.svc.cluster.local:8080/api/v2/customers/1029384756/cart?currency=EUR",
  "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)",
  "client.address": "10.244.3.17",
  "network.protocol.version": "1.1",
  "user.id": "customer-1029384756",
};

const BUILDERS: Readonly<Record<InputName, () => Input>> = {
  "large spans": () => binary("traces", 1000, spans(1000, LARGE)),
  "small spans": () => binary("traces", 100, spans(100, SMALL)),
  "data points": () => binary("metrics", 1000, dataPoints(1000)),
  "log records": () => binary("logs", 1000, logRecords(1000)),
  "large spans in JSON": () => ({
    signal: "traces",
    items: 1000,
    body: Buffer.from(JSON.stringify(spans(1000, LARGE))),
  }),
};

export function input(name: InputName): Input {
  return BUILDERS[name]();
}

function binary(signal: Signal, items: number, request: object): Input {
  return { signal, items, body: decodeJson(signal, Buffer.from(JSON.stringify(request))).bytes() };
}

const START = 1_795_219_200_000_000_000n;

function attributes(given: Attributes): object[] {
  return Object.entries(given).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: `${value}` } : { stringValue: value },
  }));
}

/** In the OTLP's JSON, which the encoder turns into bytes. */
function spans(count: number, given: Attributes): object {
  const all = Array.from({ length: count }, (_, i) => ({
    traceId: hex(Math.imul(i + 1, 2_654_435_761) >>> 0, 32),
    spanId: hex(i + 1, 16),
    parentSpanId: hex(i + 7, 16),
    name: "GET /cart",
    kind: 2,
    startTimeUnixNano: `${START + BigInt(i) * 1_000_000n}`,
    endTimeUnixNano: `${START + BigInt(i) * 1_000_000n + 7_654_321n}`,
    attributes: attributes(given),
    status: {},
  }));
  return { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: SCOPE, spans: all }] }] };
}

/** A gauge and a histogram in turn, ten points each. */
function dataPoints(count: number): object {
  const metrics = Array.from({ length: count / 10 }, (_, i) => (i % 2 === 0 ? gauge(i) : histogram(i)));
  return { resourceMetrics: [{ resource: RESOURCE, scopeMetrics: [{ scope: SCOPE, metrics }] }] };
}

function gauge(index: number): object {
  const points = (point: number) => ({ ...pointOf(point), asDouble: point * 1.5 });
  return { name: `queue.length.${index}`, unit: "1", gauge: { dataPoints: tenOf(points) } };
}

function histogram(index: number): object {
  const point = (at: number) => ({
    ...pointOf(at),
    count: "60",
    sum: 12.5,
    bucketCounts: ["1", "2", "3", "4", "5", "45"],
    explicitBounds: [0.005, 0.01, 0.1, 1, 10],
  });
  return {
    name: `request.duration.${index}`,
    unit: "s",
    histogram: { aggregationTemporality: 2, dataPoints: tenOf(point) },
  };
}

function tenOf(point: (index: number) => object): object[] {
  return Array.from({ length: 10 }, (_, index) => point(index));
}

function pointOf(index: number): object {
  return {
    startTimeUnixNano: `${START}`,
    timeUnixNano: `${START + 10_000_000_000n}`,
    attributes: attributes({ ...SMALL, "url.path": `/cart/${index}` }),
  };
}

function logRecords(count: number): object {
  const records = Array.from({ length: count }, (_, i) => ({
    timeUnixNano: `${START + BigInt(i)}`,
    severityNumber: 9,
    severityText: "INFO",
    body: { stringValue: `order ${i} of customer-1029384756 was accepted, payment is pending` },
    traceId: hex(i + 1, 32),
    spanId: hex(i + 1, 16),
    attributes: attributes(SMALL),
  }));
  return { resourceLogs: [{ resource: RESOURCE, scopeLogs: [{ scope: SCOPE, logRecords: records }] }] };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
