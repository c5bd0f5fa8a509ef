// The whole agent between real servers, real clients and a real OTLP receiver: every attribute of every span.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../support/agent.ts";
import { clients } from "../support/clients.ts";
import {
  clientAttributes,
  type Exchange,
  nameAndStatus,
  ROUTE_PATTERN,
  seriesAttributes,
  serverAttributes,
  spansFor,
  withSizes,
} from "../support/http-expectations.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { knownRequests } from "../support/requests.ts";
import { type Server, STARTERS } from "../support/servers.ts";
import { countBy, type PlainSpan, type Series, seriesOf, spansOf } from "../support/telemetry.ts";

const PAIRS = Object.keys(STARTERS).flatMap((server) =>
  Object.keys(clients).map((client) => [server, client] as const),
);

/** A hook runs when its call is about to return: the other side may have been woken, and be ahead, by then. */
const SLACK_NS = 5_000_000n;

/** Selects the servers by their ports. */
function configFor(servers: readonly Server[], receiver: OtlpReceiver): string {
  return `
receivers:
  ebpf_http:
    collection_interval: 1s
    discovery: {include: [${servers.map(({ port }) => `{port: ${port}}`).join(", ")}]}
    spans: {max_per_second: 100000}
    routes: {patterns: ["${ROUTE_PATTERN}"]}
exporters:
  otlp_grpc: {endpoint: "${receiver.endpoint}", tls: {insecure: true}}
service:
  pipelines:
    traces: {receivers: [ebpf_http], exporters: [otlp_grpc]}
    metrics: {receivers: [ebpf_http], exporters: [otlp_grpc]}
`;
}

describe("an agent between real servers and clients", () => {
  const servers = new Map<string, Server>();
  const exchanges = new Map<string, Exchange[]>();
  let spans: PlainSpan[] = [];
  let series: Record<"server" | "client", Series[]> = { server: [], client: [] };
  let end: { exitCode: number | null; errors: string[] } | undefined;
  let began = 0n;
  let ended = 0n;

  beforeAll(async () => {
    for (const [name, start] of Object.entries(STARTERS)) servers.set(name, await start());
    await using receiver = await OtlpReceiver.start();
    const agent = await Agent.start(configFor([...servers.values()], receiver));
    began = nowNs();
    for (const [serverName, clientName] of PAIRS) {
      const { port } = servers.get(serverName)!;
      const known = knownRequests(port, `${serverName}-${clientName.replace(":", "-")}`, serverName);
      const made = await clients[clientName as keyof typeof clients](known);
      exchanges.set(
        `${serverName} ${clientName}`,
        known.map((request, i) => ({ ...request, ...made[i]! })),
      );
    }
    ended = nowNs();
    end = { exitCode: await agent.stop(), errors: agent.errors };
    spans = spansOf(receiver);
    series = {
      server: seriesOf(receiver, "http.server.request.duration"),
      client: seriesOf(receiver, "http.client.request.duration"),
    };
  }, 120_000);

  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
  });

  test("drains and exits with 0 on SIGTERM", () => {
    expect(end).toEqual({ exitCode: 0, errors: [] });
  });

  test("sends no span but those of the requests", () => {
    const all = [...exchanges.values()].flat();
    expect(
      countBy(
        spans,
        ({ kind }) => String(kind),
        () => 1,
      ),
    ).toEqual({ 2: all.length, 3: all.length });
  });

  describe.each(PAIRS)("%s and %s", (serverName, clientName) => {
    const made = () => exchanges.get(`${serverName} ${clientName}`)!;

    test("each request has one server span, with every attribute as it was sent", () => {
      const server = servers.get(serverName)!;
      for (const exchange of made()) {
        const [span, ...others] = spansFor(spans, exchange, "server");
        expect(others).toEqual([]);
        expect(span).toMatchObject(nameAndStatus(exchange, "server"));
        expect(withSizes(span!.attributes)).toEqual(serverAttributes(exchange, server, span!.attributes));
        expect(span!.resource["process.pid"]).toBe(server.pid);
      }
    });

    test("each request has one client span, with every attribute as it was sent", () => {
      const server = servers.get(serverName)!;
      for (const exchange of made()) {
        const [span, ...others] = spansFor(spans, exchange, "client");
        expect(others).toEqual([]);
        expect(span).toMatchObject(nameAndStatus(exchange, "client"));
        expect(withSizes(span!.attributes)).toEqual(clientAttributes(exchange, server));
        expect(span!.resource["process.pid"]).toBe(exchange.pid);
      }
    });

    test("the server's span is the child of the client's, and lies within it", () => {
      for (const exchange of made()) {
        const server = spansFor(spans, exchange, "server")[0]!;
        const client = spansFor(spans, exchange, "client")[0]!;
        expect(client.traceId).toMatch(/^[0-9a-f]{32}$/);
        expect([server.traceId, server.parentSpanId]).toEqual([client.traceId, client.spanId]);
        expect(client.parentSpanId).toBe("");
        const order = [began, client.startTime, server.startTime + SLACK_NS];
        expect(order).toEqual(order.toSorted((a, b) => Number(a - b)));
        expect(server.endTime >= server.startTime && client.endTime > client.startTime).toBe(true);
        expect(client.endTime + SLACK_NS >= server.endTime && client.endTime <= ended).toBe(true);
      }
    });
  });

  test("all traces and spans have ids of their own", () => {
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(spans.length / 2);
  });

  test.each(["server", "client"] as const)(
    "N requests give exactly N in http.%s.request.duration",
    (kind) => {
      const expected = [...exchanges].flatMap(([pair, made]) => {
        const server = servers.get(pair.split(" ")[0]!)!;
        return made.map((exchange) => ({
          pid: kind === "server" ? server.pid : exchange.pid,
          attributes: seriesAttributes(exchange, server, kind),
        }));
      });
      const keyOf = (pid: unknown, attributes: object) =>
        JSON.stringify([pid, ...Object.entries(attributes).sort()]);
      const counted = countBy(
        series[kind],
        ({ resource, attributes }) => keyOf(resource["process.pid"], attributes),
        ({ count }) => count,
      );
      const wanted = countBy(
        expected,
        ({ pid, attributes }) => keyOf(pid, attributes),
        () => 1,
      );
      const wrong = Object.keys({ ...counted, ...wanted }).filter((name) => counted[name] !== wanted[name]);
      expect(wrong.map((name) => ({ name, counted: counted[name], wanted: wanted[name] }))).toEqual([]);
    },
  );

  test.each(["server", "client"] as const)("the buckets of http.%s.request.duration add up", (kind) => {
    for (const { count, sum, bucketCounts, bounds } of series[kind]) {
      expect(bounds).toEqual([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]);
      expect(bucketCounts.reduce((total, bucket) => total + bucket, 0)).toBe(count);
      expect(sum).toBeGreaterThan(0);
    }
  });
});

/** Wall-clock time in nanoseconds, as exact as milliseconds are. */
function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
