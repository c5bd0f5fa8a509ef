// The agent's own metrics at the level `detailed`, beside what a Collector shows after the same requests.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultProviders } from "../../src/confmap/providers.ts";
import { resolve } from "../../src/confmap/resolve.ts";
import { type AgentConfig, decodeConfig } from "../../src/service/config.ts";
import { registry } from "../../src/service/registry.ts";
import { Service } from "../../src/service/service.ts";
import { Telemetry } from "../../src/service/telemetry/telemetry.ts";
import { LogRecorder } from "../support/component.ts";
import { GrpcCaller } from "../support/grpc-call.ts";
import { freePort } from "../support/servers.ts";

const buildInfo = { command: "wattspan", description: "wattspan", version: "0" };
const EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const span = { traceId: "0123456789abcdef0123456789abcdef", spanId: "0123456789abcdef" };
const spans = [1, 2].map((n) => ({ ...span, name: `s${n}`, startTimeUnixNano: "1", endTimeUnixNano: "2" }));
const TRACES = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const LOGS = JSON.stringify({
  resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "x" } }] }] }],
});

/** A backend that answers everything with `status`. */
async function backend(status: number): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(status).end());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

let servers: Server[];
let ports: { GRPC: number; HTTP: number; PAGE: number; GOOD: number; BAD: number; NOBODY: number };
let telemetry: Telemetry;
let service: Service;
let config: AgentConfig;

const yaml = () => `
receivers:
  otlp: {protocols: {grpc: {endpoint: "127.0.0.1:${ports.GRPC}"}, http: {endpoint: "127.0.0.1:${ports.HTTP}"}}}
processors:
  memory_limiter: {check_interval: 1s, limit_mib: 40000}
  attributes: {actions: [{key: a, value: b, action: upsert}]}
exporters:
  otlp_http/good: {endpoint: "http://127.0.0.1:${ports.GOOD}", compression: none}
  otlp_http/bad: {endpoint: "http://127.0.0.1:${ports.BAD}", compression: none, retry_on_failure: {enabled: false}}
  otlp_grpc/bad: {endpoint: "127.0.0.1:${ports.NOBODY}", tls: {insecure: true}, retry_on_failure: {enabled: false}}
service:
  telemetry:
    logs: {level: error, output_paths: []}
    metrics:
      level: detailed
      readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${ports.PAGE}}}}}]
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter, attributes], exporters: [otlp_http/good, otlp_http/bad, otlp_grpc/bad]}
    logs: {receivers: [otlp], processors: [memory_limiter], exporters: [otlp_http/good]}
`;

beforeAll(async () => {
  servers = [await backend(200), await backend(400)];
  const [GOOD, BAD] = servers.map(portOf) as [number, number];
  const [GRPC, HTTP, PAGE, NOBODY] = [await freePort(), await freePort(), await freePort(), await freePort()];
  ports = { GRPC, HTTP, PAGE, GOOD, BAD, NOBODY };
  const logger = new LogRecorder();
  config = await decodeConfig(
    await resolve([`yaml:${yaml()}`], defaultProviders({}), logger),
    registry,
    logger,
  );
  telemetry = new Telemetry(buildInfo);
  await telemetry.configure(config.service.telemetry);
  service = new Service(config, { buildInfo, loggers: () => logger, counters: telemetry.counters });
  await service.start();
});
afterAll(async () => {
  await service.shutdown();
  await telemetry.close();
  for (const server of servers) server.close();
});

async function post(path: string, body: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  await (await fetch(`http://127.0.0.1:${ports.HTTP}${path}`, { method: "POST", headers, body })).text();
}

/** The page's series, with names for the ports. */
async function page(): Promise<string[]> {
  const text = await (await fetch(`http://127.0.0.1:${ports.PAGE}/metrics`)).text();
  const named = Object.entries(ports).reduce(
    (all, [name, port]) => all.replaceAll(`"${port}"`, `"${name}"`),
    text,
  );
  return named.split("\n");
}

it("are those of a Collector, by name, label and value", async () => {
  for (const _ of [1, 2, 3]) {
    await post("/v1/traces", TRACES);
    await post("/v1/logs", LOGS);
  }
  await post("/v1/logs", "{");
  const caller = new GrpcCaller(`127.0.0.1:${ports.GRPC}`);
  await caller.call(EXPORT, Buffer.alloc(0));
  caller.client.close();
  const golden = readFileSync(new URL("collector-self-metrics.txt", import.meta.url), "utf8");
  const wanted = golden.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const missing = async () => {
    const shown = new Set(await page());
    return wanted.filter((line) => !shown.has(line));
  };
  await expect.poll(missing, { timeout: 10_000 }).toEqual([]);
});

it("are fewer at the level normal, and say less of failures", async () => {
  const { telemetry: detailed } = config.service;
  await telemetry.configure({ ...detailed, metrics: { ...detailed.metrics, level: "normal" } });
  const lines = await page();
  const details =
    /^(http|rpc)_|^otelcol_(processor_internal_duration|exporter_enqueue_size|exporter_queue_batch_send_size)|error_/;
  expect(lines.filter((line) => details.test(line))).toEqual([]);
  expect(lines).toContain(
    'otelcol_exporter_send_failed_spans{exporter="otlp_grpc/bad",server_address="127.0.0.1",server_port="NOBODY"} 6',
  );
});
