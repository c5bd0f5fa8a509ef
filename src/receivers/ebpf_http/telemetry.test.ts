import { expect, test } from "vitest";
import {
  CLIENT,
  connectionsSnapshot,
  PROCESS,
  requestRecord,
  SERVER,
  seriesSnapshot,
  targetRecord,
} from "../../../test/support/http-records.ts";
import { fakeSource, OFFSET_NS, process } from "../../../test/support/http-source.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { http_request_event } from "../../ebpf/layouts.gen.ts";
import { toObject } from "../../pdata/decode/common.ts";
import { decodeMetrics } from "../../pdata/decode/metrics.ts";
import type { HistogramPoint } from "../../pdata/decode/points.ts";
import { decodeTraces, type Span } from "../../pdata/decode/traces.ts";
import { ebpfHttpConfig } from "./config.ts";
import { Discovery } from "./discovery.ts";
import { HttpTelemetry } from "./telemetry.ts";

const BOUNDS = [0.005, 0.01];

function setUp(section: object = {}) {
  const config = parseConfig(ebpfHttpConfig, { histogram: { boundaries: BOUNDS }, ...section });
  const source = fakeSource();
  const telemetry = new HttpTelemetry(source, {
    config,
    discovery: new Discovery(config.discovery),
    version: "1.2.3",
    traces: true,
    metrics: true,
  });
  return { source, tap: source.tap, telemetry };
}

type SetUp = ReturnType<typeof setUp>;

function spansOf({ tap, telemetry }: SetUp, ...records: Buffer[]): Span[] {
  tap.records.push(...records);
  telemetry.drain(1000);
  const traces = telemetry.takeTraces();
  return traces
    ? decodeTraces(traces.bytes()).flatMap(({ scopes }) => scopes.flatMap(({ items }) => items))
    : [];
}

function spanOf(fields: Parameters<typeof requestRecord>[0], section: object = {}) {
  const [span] = spansOf(setUp(section), requestRecord(fields));
  return { ...span!, attributes: toObject(span!.attributes) };
}

/** Names the target of records and series that say nothing else. */
function nameTargets(set: SetUp): void {
  spansOf(set, targetRecord(77n, "GET /a HTTP/1.1\r\n"));
}

/** Points of a metric by name, over all resources. */
function points({ telemetry }: SetUp, name: string, nowMs = 0, isLast = false) {
  const metrics = telemetry.collect(nowMs, isLast);
  if (!metrics) return [];
  return decodeMetrics(metrics.bytes())
    .flatMap(({ scopes }) => scopes.flatMap(({ items }) => items))
    .filter((metric) => metric.name === name)
    .flatMap(({ data }) => ("points" in data! ? [...data.points] : []))
    .map((point) => ({ ...(point as HistogramPoint), attributes: toObject(point.attributes) }));
}

test("makes a server span by the semantic conventions", () => {
  const span = spanOf({
    head: "POST /users/42?verbose=1 HTTP/1.1\r\nHost: shop.example:8443\r\nUser-Agent: curl/8\r\n\r\n",
    method: 2,
    requestBody: 7,
  });
  expect(span).toMatchObject({
    name: "POST /users/{id}",
    kind: 2,
    traceId: "0102030405060708090a0b0c0d0e0f10",
    spanId: "a1a2a3a4a5a6a7a8",
    parentSpanId: "",
    traceState: "ot=th:0",
    flags: 1,
    startTime: 5_000_000_000n + OFFSET_NS,
    endTime: 5_003_000_000n + OFFSET_NS,
    status: { code: 0, message: "" },
  });
  expect(span.attributes).toEqual({
    "http.request.method": "POST",
    "http.route": "/users/{id}",
    "http.request.body.size": 7n,
    "http.response.body.size": 12n,
    "http.response.status_code": 200n,
    "url.path": "/users/42",
    "url.query": "verbose=1",
    "url.scheme": "http",
    "server.address": "shop.example",
    "server.port": 8443n,
    "client.address": "10.0.0.1",
    "client.port": 50_000n,
    "network.peer.address": "10.0.0.1",
    "network.peer.port": 50_000n,
    "network.protocol.version": "1.1",
    "user_agent.original": "curl/8",
  });
});

test("writes many spans of one process in parts, each whole and none twice", () => {
  const set = setUp();
  const records = Array.from({ length: 1000 }, (_, i) =>
    requestRecord({ head: `GET /page?n=${i} HTTP/1.1\r\nHost: shop.example\r\n\r\n` }),
  );
  const spans = spansOf(set, ...records);
  expect(spans.map(({ attributes }) => toObject(attributes)["url.query"])).toEqual(
    records.map((_, i) => `n=${i}`),
  );
  expect(spansOf(set, requestRecord({})).length).toBe(1);
});

test("makes a client span by the semantic conventions", () => {
  const span = spanOf({
    role: CLIENT,
    remotePort: 80,
    head: "GET /a?b=c HTTP/1.0\r\nHost: shop.example\r\n\r\n",
    minorVersion: 0,
    status: 404,
  });
  expect(span).toMatchObject({ name: "GET", kind: 3, status: { code: 2, message: "" } });
  expect(span.attributes).toEqual({
    "http.request.method": "GET",
    "http.request.body.size": 0n,
    "http.response.body.size": 12n,
    "http.response.status_code": 404n,
    "error.type": "404",
    "url.full": "http://shop.example/a?b=c",
    "server.address": "shop.example",
    "server.port": 80n,
    "network.peer.address": "10.0.0.1",
    "network.peer.port": 80n,
    "network.protocol.version": "1.0",
  });
});

test.each([
  ["a server's 404", { status: 404 }, undefined, 0],
  ["a server's 503", { status: 503 }, "503", 2],
  ["a client's 500", { role: CLIENT, status: 500 }, "500", 2],
  ["a client's 302", { role: CLIENT, status: 302 }, undefined, 0],
  ["a close before the answer", { role: CLIENT, status: 0, failure: 1 }, "connection_closed", 2],
  ["a reset", { status: 0, failure: 2 }, "connection_reset", 2],
  ["a client that gave up", { role: CLIENT, status: 0, failure: 3 }, undefined, 0],
])("judges %s", (_, fields, errorType, code) => {
  const span = spanOf(fields);
  expect([span.attributes["error.type"], span.status.code]).toEqual([errorType, code]);
  expect("http.response.status_code" in span.attributes).toBe(fields.status !== 0);
});

test("names methods it does not know", () => {
  const span = spanOf({ method: 0, head: "PROPFIND /dav HTTP/1.1\r\n\r\n" });
  expect(span.name).toBe("HTTP /dav");
  expect(span.attributes).toMatchObject({
    "http.request.method": "_OTHER",
    "http.request.method_original": "PROPFIND",
    "server.address": "127.0.0.1",
    "server.port": 8080n,
  });
});

test("joins the trace of a traceparent, and is the child of the client's span where that is seen", () => {
  const head =
    "GET / HTTP/1.1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\ntracestate: a=1\r\nTracestate: b=2\r\n\r\n";
  const trace = { traceId: "0af7651916cd43dd8448eb211c80319c", traceState: "ot=th:0,a=1,b=2" };
  expect(spanOf({ head })).toMatchObject({ ...trace, parentSpanId: "b7ad6b7169203331" });
  expect(spanOf({ head, role: CLIENT })).toMatchObject({ ...trace, parentSpanId: "b7ad6b7169203331" });
  expect(spanOf({ head, clientObserved: true })).toMatchObject({
    ...trace,
    parentSpanId: "b1b2b3b4b5b6b7b8",
  });
  expect(spanOf({ clientObserved: true })).toMatchObject({
    traceId: "0102030405060708090a0b0c0d0e0f10",
    parentSpanId: "b1b2b3b4b5b6b7b8",
  });
});

test("says with which probability a span was kept, and by which randomness in a trace that is not its own", () => {
  const threshold = 0xc0_0000_0000_0000n;
  const head =
    "GET / HTTP/1.1\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n\r\n";
  expect(spanOf({ threshold }).traceState).toBe("ot=th:c");
  expect(spanOf({ threshold, head }).traceState).toBe("ot=th:c;rv:0a0b0c0d0e0f10");
});

test("ignores a tracestate without a valid traceparent", () => {
  expect(
    spanOf({ head: "GET / HTTP/1.1\r\ntraceparent: nonsense\r\ntracestate: a=1\r\n\r\n" }),
  ).toMatchObject({
    traceId: "0102030405060708090a0b0c0d0e0f10",
    traceState: "ot=th:0",
  });
});

test.each([
  ["GET /a?sig=1&b=2 HTTP/1.1\r\nHost: h\r\n\r\n", "http://h/a?sig=REDACTED&b=2", "h", 80n],
  [
    "GET http://u:p@other:81/a HTTP/1.1\r\nHost: h\r\n\r\n",
    "http://REDACTED:REDACTED@other:81/a",
    "other",
    81n,
  ],
  ["GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "http://[::1]:8080/a", "::1", 8080n],
  ["GET /a HTTP/1.0\r\n\r\n", "http://10.0.0.1:9090/a", "10.0.0.1", 9090n],
  ["OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "http://h", "h", 80n],
  ["CONNECT db.example:443 HTTP/1.1\r\nHost: h\r\n\r\n", "http://db.example:443", "db.example", 443n],
])("puts the URL of a client together: %j", (head, url, address, port) => {
  const { attributes } = spanOf({ role: CLIENT, remotePort: 9090, head });
  expect(attributes).toMatchObject({ "url.full": url, "server.address": address, "server.port": port });
});

test("believes what proxies say of the client, the host and the scheme", () => {
  const { attributes } = spanOf({
    head: "GET /a?Signature=x HTTP/1.1\r\nHost: inner:8080\r\nX-Forwarded-For: 192.0.2.1, 10.0.0.1\r\nX-Forwarded-Host: shop.example\r\nX-Forwarded-Proto: https\r\n\r\n",
  });
  expect(attributes).toMatchObject({
    "url.scheme": "https",
    "url.query": "Signature=REDACTED",
    "server.address": "shop.example",
    "server.port": 443n,
    "client.address": "192.0.2.1",
    "network.peer.address": "10.0.0.1",
  });
  expect("client.port" in attributes).toBe(false);
});

test("adds the headers that are asked for, as lists", () => {
  const { attributes } = spanOf(
    {
      head: "GET / HTTP/1.1\r\nX-Tag: a\r\nx-tag: b\r\nX-Other: c\r\n\r\n",
      responseHead: "HTTP/1.1 200 OK\r\nX-Cache: HIT\r\n\r\n",
    },
    { capture: { request_headers: ["X-Tag", "X-Absent"], response_headers: ["x-cache"] } },
  );
  expect(attributes).toMatchObject({
    "http.request.header.x-tag": ["a", "b"],
    "http.response.header.x-cache": ["HIT"],
  });
  expect(Object.keys(attributes).filter((key) => key.includes("absent") || key.includes("other"))).toEqual(
    [],
  );
});

test("has a span even where nothing was captured", () => {
  const span = spanOf({ head: "" });
  expect(span.name).toBe("GET");
  expect(span.attributes).toMatchObject({ "http.request.method": "GET", "server.address": "127.0.0.1" });
});

test("uses the kernel's target for the route, with the name it was given first", () => {
  const set = setUp({ routes: { patterns: ["/users/{name}"] } });
  const spans = spansOf(
    set,
    targetRecord(5n, "GET /users/42?a=b HTTP/1.1\r\n"),
    requestRecord({ target: 5n, head: "GET /users/43 HTTP/1.1\r\n\r\n" }),
    requestRecord({ target: 1n, head: "GET /beyond/the/limit HTTP/1.1\r\n\r\n" }),
  );
  expect(spans.map(({ name }) => name)).toEqual(["GET /users/{name}", "GET _OTHER"]);
});

test("gives each process its resource, also one that nobody knows", () => {
  const { tap, telemetry } = setUp();
  tap.records.push(requestRecord(), requestRecord({ pid: 9, processStartNs: 3n }), requestRecord());
  telemetry.drain(1000);
  const groups = decodeTraces(telemetry.takeTraces()!.bytes());
  expect(
    groups.map(({ resource, scopes }) => [
      toObject(resource.attributes)["service.name"],
      scopes[0]!.items.length,
    ]),
  ).toEqual([
    ["shop", 2],
    ["unknown_service", 1],
  ]);
  expect(groups[0]!.scopes[0]!.scope).toMatchObject({
    name: "wattspan/receivers/ebpf_http",
    version: "1.2.3",
  });
});

test("takes the new resource of a process that runs another program", () => {
  const set = setUp();
  spansOf(set, requestRecord());
  set.source.processes.found(process({ executable: "/usr/bin/till", args: ["till"] }));
  set.tap.records.push(requestRecord());
  set.telemetry.drain(10);
  const [group] = decodeTraces(set.telemetry.takeTraces()!.bytes());
  expect(toObject(group!.resource.attributes)["service.name"]).toBe("till");
});

test("ignores records it does not know, and those that are cut anywhere", () => {
  const unknown = Buffer.alloc(64);
  unknown.writeUInt32LE(99);
  const request = requestRecord();
  const target = targetRecord(5n, "GET /a HTTP/1.1\r\n");
  const cut = [request, target].flatMap((record) =>
    Array.from({ length: record.length - 4 }, (_, index) => record.subarray(0, 4 + index)),
  );
  expect(spansOf(setUp(), unknown, ...cut)).toEqual([]);
});

test("makes a span of a request whatever its fields hold, as a file may have them", () => {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed >>> 16;
  };
  const set = setUp();
  for (let round = 0; round < 300; round++) {
    const record = requestRecord({ head: "GET /a HTTP/1.1\r\nHost: h\r\n\r\n" });
    for (let at = 4; at < record.length; at++) if (random() % 3 === 0) record[at] = random();
    record.writeUInt16LE(10, http_request_event.request_head_bytes);
    record.writeUInt16LE(5, http_request_event.response_head_bytes);
    expect(spansOf(set, record)).toHaveLength(1);
  }
});

test("adds up the shards of a series, and what shards and intervals add", () => {
  const set = setUp();
  nameTargets(set);
  set.tap.series = seriesSnapshot(
    { shard: 0, buckets: [1, 2, 0], sumNs: 5e6 },
    { shard: 1, buckets: [10, 0, 1], sumNs: 1e6 },
  );
  const [first] = points(set, "http.server.request.duration");
  expect(first).toMatchObject({
    count: 14n,
    sum: 0.006,
    bucketCounts: [11n, 2n, 1n],
    explicitBounds: BOUNDS,
  });
  expect(first!.attributes).toEqual({
    "http.request.method": "GET",
    "http.response.status_code": 200n,
    "http.route": "/a",
    "network.protocol.version": "1.1",
    "url.scheme": "http",
  });
  set.tap.series = seriesSnapshot(
    { shard: 0, buckets: [2, 2, 0], sumNs: 6e6 },
    { shard: 1, buckets: [10, 0, 1], sumNs: 1e6 },
  );
  const [second] = points(set, "http.server.request.duration");
  expect(second).toMatchObject({ count: 15n, sum: 0.007, startTime: first!.startTime });
});

test("counts on where a bucket of the kernel wraps", () => {
  const set = setUp();
  nameTargets(set);
  set.tap.series = seriesSnapshot({ buckets: [0xffff_fff0, 0, 0] });
  points(set, "http.server.request.duration");
  set.tap.series = seriesSnapshot({ buckets: [0x10, 0, 0] });
  expect(points(set, "http.server.request.duration")[0]).toMatchObject({ count: 0x1_0000_0010n });
});

test("begins a series at the collection before it was first seen", () => {
  const set = setUp();
  nameTargets(set);
  points(set, "");
  set.telemetry.drain(0); // time passes
  set.tap.series = seriesSnapshot({ buckets: [1] });
  const [first] = points(set, "http.server.request.duration");
  set.tap.series = seriesSnapshot({ buckets: [1] }, { status: 500, buckets: [1] });
  const later = points(set, "http.server.request.duration").find(
    ({ attributes }) => attributes["error.type"] === "500",
  );
  expect(later!.startTime).toBe(first!.time);
  expect(first!.startTime).toBeLessThan(first!.time);
});

test("merges targets that have one name", () => {
  const set = setUp({ routes: { patterns: ["/users/{name}"] } });
  spansOf(
    set,
    targetRecord(5n, "GET /users/ann HTTP/1.1\r\n"),
    targetRecord(6n, "GET /users/bob HTTP/1.1\r\n"),
  );
  set.tap.series = seriesSnapshot({ target: 5n, buckets: [1] }, { target: 6n, buckets: [2] });
  expect(points(set, "http.server.request.duration").map(({ count }) => count)).toEqual([3n]);
});

test("waits one collection for the name of a target, then counts it without", () => {
  const set = setUp();
  const counts = () =>
    points(set, "http.server.request.duration").map(({ count, attributes }) => [
      attributes["http.route"],
      count,
    ]);
  set.tap.series = seriesSnapshot({ buckets: [3] });
  expect(counts()).toEqual([]);
  expect(counts()).toEqual([[undefined, 3n]]);
  nameTargets(set);
  set.tap.series = seriesSnapshot({ buckets: [5] });
  expect(counts()).toEqual([
    [undefined, 3n],
    ["/a", 2n],
  ]);
});

test("does not wait for names at the end", () => {
  const set = setUp();
  set.tap.series = seriesSnapshot({ buckets: [3] });
  expect(points(set, "http.server.request.duration", 0, true)[0]).toMatchObject({ count: 3n });
});

test("names the servers that clients ask by their Host, else by their address", () => {
  const set = setUp();
  spansOf(
    set,
    targetRecord(5n, "GET / HTTP/1.1\r\nHost: Shop.Example\r\n", CLIENT),
    targetRecord(6n, "Accept: */*\r\nHost: [::1]:99\r\n\r\n", CLIENT),
    targetRecord(7n, "", CLIENT),
  );
  const client = { role: CLIENT, buckets: [1] };
  set.tap.series = seriesSnapshot(
    { ...client, target: 5n },
    { ...client, target: 6n },
    { ...client, target: 7n },
  );
  expect(
    points(set, "http.client.request.duration").map(({ attributes }) => [
      attributes["server.address"],
      attributes["server.port"],
    ]),
  ).toEqual([
    ["shop.example", 80n],
    ["::1", 99n],
    ["10.0.0.9", 8081n],
  ]);
});

test("gives each bucket its latest span as exemplar, once", () => {
  const set = setUp();
  const ms = (duration: bigint, spanId: string) =>
    requestRecord({ spanId, endNs: 5_000_000_000n + duration * 1_000_000n });
  spansOf(set, ms(5n, "1111111111111111"), ms(3n, "2222222222222222"), ms(20n, "3333333333333333"));
  set.tap.series = seriesSnapshot({ buckets: [2, 0, 1] });
  const [point] = points(set, "http.server.request.duration");
  expect(point!.exemplars.map(({ spanId, value, traceId }) => [spanId, value, traceId])).toEqual([
    ["2222222222222222", 0.003, "0102030405060708090a0b0c0d0e0f10"],
    ["3333333333333333", 0.02, "0102030405060708090a0b0c0d0e0f10"],
  ]);
  expect(points(set, "http.server.request.duration")[0]!.exemplars).toEqual([]);
});

test("gives the requests under way, and zero once they are done", () => {
  const set = setUp();
  set.tap.connections = connectionsSnapshot(2, 0, 1);
  const active = () =>
    points(set, "http.server.active_requests").map((point) => [
      point.attributes,
      (point as unknown as { value: bigint }).value,
    ]);
  const attributes = { "http.request.method": "GET", "url.scheme": "http" };
  expect(active()).toEqual([[attributes, 3n]]);
  set.tap.connections = connectionsSnapshot();
  expect(active()).toEqual([[attributes, 0n]]);
});

test("drops what processes do that discovery does not select", () => {
  const set = setUp({ discovery: { include: [{ executable: "*/till" }, { port: 9999 }] } });
  nameTargets(set);
  set.tap.series = seriesSnapshot({ buckets: [1] }, { port: 9999, status: 204, buckets: [2] });
  expect(spansOf(set, requestRecord(), requestRecord({ localPort: 9999 }))).toHaveLength(1);
  expect(points(set, "http.server.request.duration").map(({ count }) => count)).toEqual([2n]);
});

test("gives the series of an ended process once more, then removes them here and in the kernel", () => {
  const set = setUp();
  nameTargets(set);
  set.tap.series = seriesSnapshot({ buckets: [1] });
  points(set, "http.server.request.duration", 0);
  set.source.processes.missed(process());
  set.tap.series = seriesSnapshot({ buckets: [2] });
  expect(points(set, "http.server.request.duration", 10_000)[0]).toMatchObject({ count: 2n });
  expect(points(set, "http.server.request.duration", 20_000)).toHaveLength(1);
  expect(set.tap.deletedSeries).toHaveLength(1);
  expect(set.tap.deletedTargets).toHaveLength(3);
  set.tap.series = seriesSnapshot();
  expect(points(set, "http.server.request.duration", 30_000)).toEqual([]);
});

test("holds on to nothing of processes that came and went", () => {
  const set = setUp();
  for (let round = 0; round < 50; round++) {
    const pid = 10_000 + round;
    spansOf(set, requestRecord({ pid, processStartNs: BigInt(round) }));
    set.tap.series = seriesSnapshot();
    set.telemetry.collect(round * 10_000, false);
  }
  set.telemetry.collect(1e6, false);
  expect(set.telemetry.collect(2e6, false)).toBeUndefined();
});

test("keeps roles and processes apart", () => {
  const set = setUp();
  set.tap.series = seriesSnapshot(
    { buckets: [1] },
    { role: CLIENT, buckets: [2] },
    { role: SERVER, pid: PROCESS.pid + 1, buckets: [4] },
  );
  expect(points(set, "http.server.request.duration", 0, true).map(({ count }) => count)).toEqual([1n, 4n]);
});
