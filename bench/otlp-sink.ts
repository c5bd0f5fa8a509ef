// The backend of the benchmarks: a real OTLP/gRPC server in a process of its own that counts and forgets.
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { type Attributes, toObject } from "../src/pdata/decode/common.ts";
import { decodeMetrics } from "../src/pdata/decode/metrics.ts";
import { Reader } from "../src/pdata/protobuf/reader.ts";
import { type Report, type SinkMessage, SPANS_A_DELAY } from "./sink.ts";

const METHODS = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
} as const;
const DURATION = /^http\.(server|client)\.request\.duration$/;
/** Field numbers: resource_spans, scope_spans, spans, end_time_unix_nano. */
const RESOURCE_SPANS = 1;
const SCOPE_SPANS = 2;
const SPANS = 2;
const END_TIME = 8;

let spans = 0;
let spanBytes = 0;
let exports = 0;
let delaysMs: number[] = [];
/** The last count of each series, which are cumulative. */
let series = new Map<string, number>();

function takeTraces(bytes: Buffer): void {
  const nowMs = performance.timeOrigin + performance.now();
  exports++;
  spanBytes += bytes.length;
  eachChild(new Reader(bytes), RESOURCE_SPANS, (resource) =>
    eachChild(resource, SCOPE_SPANS, (scope) => eachChild(scope, SPANS, (span) => takeSpan(span, nowMs))),
  );
}

function eachChild(reader: Reader, field: number, take: (child: Reader) => void): void {
  while (reader.next()) if (reader.field === field) take(reader.message());
}

/** Looks into one span of some: the sink shares its processor with what is measured. */
function takeSpan(span: Reader, nowMs: number): void {
  if (spans++ % SPANS_A_DELAY !== 0) return;
  while (span.next())
    if (span.field === END_TIME) delaysMs.push(nowMs - Number(span.fixed64() / 1000n) / 1000);
}

function takeMetrics(bytes: Buffer): void {
  for (const { resource, scopes } of decodeMetrics(bytes))
    for (const { name, data } of scopes.flatMap(({ items }) => items)) {
      const role = DURATION.exec(name)?.[1];
      if (!role || data?.type !== "histogram") continue;
      for (const point of data.points)
        series.set([role, key(resource.attributes), key(point.attributes)].join(), Number(point.count));
    }
}

function key(attributes: Attributes): string {
  return JSON.stringify(toObject(attributes), (_, value) => (typeof value === "bigint" ? `${value}` : value));
}

function report(): Report {
  const requests = { server: 0, client: 0 };
  const answered = { server: 0, client: 0 };
  for (const [id, count] of series) {
    const role = id.startsWith("server") ? "server" : "client";
    requests[role] += count;
    if (id.includes('"http.response.status_code"')) answered[role] += count;
  }
  return { spans, spanBytes, exports, delaysMs, requests, answered };
}

function reset(): void {
  spans = 0;
  spanBytes = 0;
  exports = 0;
  delaysMs = [];
  series = new Map();
}

const server = new Server({ "grpc.max_receive_message_length": -1 });
const asIs = (bytes: Buffer) => bytes;
for (const [signal, take] of [["traces", takeTraces] as const, ["metrics", takeMetrics] as const]) {
  const answer = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
    take(call.request);
    reply(null, Buffer.alloc(0));
  };
  server.register(METHODS[signal], answer, asIs, asIs, "unary");
}
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.send!({ port });
});
process.on("message", (message: SinkMessage) => {
  if (message === "reset") reset();
  process.send!(report());
});
process.on("disconnect", () => process.exit());
