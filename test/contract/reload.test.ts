// Real data through real components while the configuration is reloaded again and again.
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { defaultProviders } from "../../src/confmap/providers.ts";
import { resolve } from "../../src/confmap/resolve.ts";
import { type AgentConfig, decodeConfig } from "../../src/service/config.ts";
import { registry } from "../../src/service/registry.ts";
import { Service } from "../../src/service/service.ts";
import { validateConfig } from "../../src/service/validate.ts";
import { LogRecorder } from "../support/component.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { freePort } from "../support/servers.ts";

vi.setConfig({ testTimeout: 120_000 });

const RELOADS = 50;
const CLIENTS = 4;
const buildInfo = { command: "wattspan", description: "wattspan", version: "0" };

async function configured(yaml: string): Promise<AgentConfig> {
  const logger = new LogRecorder();
  const raw = await resolve([`yaml:${yaml}`], defaultProviders({}), logger);
  const config = await decodeConfig(raw, registry, logger);
  validateConfig(config);
  return config;
}

/** Shapes of one service: pipelines, processors and exporters come and go, sections change, the port stays. */
function shapes(port: number, [a, b]: readonly [string, string]): readonly string[] {
  const yaml = (parts: { receiver?: string; exporter?: string; batch?: string; pipelines: string }) => `
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}", ${parts.receiver ?? ""}}}}}
processors:
  batch: {timeout: 5ms, ${parts.batch ?? ""}}
  memory_limiter: {check_interval: 1s, limit_mib: 100000}
  resource: {attributes: [{key: k, value: v, action: upsert}]}
connectors: {forward: }
exporters:
  otlp_grpc/a: {endpoint: "${a}", tls: {insecure: true}, ${parts.exporter ?? ""}}
  otlp_grpc/b: {endpoint: "${b}", tls: {insecure: true}}
service: {pipelines: {${parts.pipelines}}}
`;
  const plain = "traces: {receivers: [otlp], exporters: [otlp_grpc/a]}";
  return [
    yaml({ pipelines: plain }),
    yaml({ pipelines: "traces: {receivers: [otlp], processors: [batch], exporters: [otlp_grpc/a]}" }),
    yaml({
      pipelines:
        "traces: {receivers: [otlp], processors: [memory_limiter, resource, batch], exporters: [otlp_grpc/b]}",
    }),
    yaml({
      batch: "send_batch_size: 3",
      pipelines: "traces: {receivers: [otlp], processors: [memory_limiter, batch], exporters: [otlp_grpc/b]}",
    }),
    yaml({ exporter: "timeout: 4s", pipelines: plain }),
    yaml({ exporter: "timeout: 3s", pipelines: plain }),
    yaml({
      pipelines:
        "traces: {receivers: [otlp], exporters: [forward]}, traces/2: {receivers: [forward], processors: [batch], exporters: [otlp_grpc/b]}",
    }),
    yaml({ receiver: "max_request_body_size: 100000", pipelines: plain }),
    yaml({
      receiver: "include_metadata: true",
      exporter: "sending_queue: {enabled: false}",
      pipelines: plain,
    }),
    yaml({ pipelines: `${plain}, logs: {receivers: [otlp], exporters: [otlp_grpc/a]}` }),
  ];
}

/**
 * Sends one span, again while nobody listens, the connection is reset or it is refused. Were one of those taken all the
 * same, it would be there twice.
 */
async function deliver(port: number, name: string): Promise<void> {
  const span = { traceId: "0123456789abcdef0123456789abcdef", spanId: "0123456789abcdef", name };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  while ((await post(port, body)) !== 200) await sleep(2);
}

/** The status; 0 when there was no connection. */
function post(port: number, body: string): Promise<number> {
  return new Promise((resolved, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request({
      port,
      host: "127.0.0.1",
      path: "/v1/traces",
      method: "POST",
      headers,
      agent: false,
    });
    sent.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ECONNRESET") resolved(0);
      else reject(error);
    });
    sent.on("response", (response) => response.resume().on("end", () => resolved(response.statusCode!)));
    sent.end(body);
  });
}

function sentBy(name: string, { port }: OtlpReceiver): string {
  const labels = `exporter="otlp_grpc/${name}",server.address="127.0.0.1",server.port="${port}"`;
  return `otelcol_exporter_sent_spans{${labels}}`;
}

it(`loses and doubles nothing in ${RELOADS} reloads`, async () => {
  await using a = await OtlpReceiver.start();
  await using b = await OtlpReceiver.start();
  const port = await freePort();
  const configs = await Promise.all(shapes(port, [a.endpoint, b.endpoint]).map(configured));
  const logger = new LogRecorder();
  const service = new Service(configs[0]!, { buildInfo, loggers: () => logger, drainDeadlineMs: 10_000 });
  await service.start();

  let stopped = false;
  let sent = 0;
  const client = async () => {
    while (!stopped) await deliver(port, `span ${sent++}`);
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  clients.catch(() => {}); // Awaited below.
  for (let reload = 1; reload <= RELOADS; reload++) {
    await service.reload(configs[(reload * 7) % configs.length]!);
    await sleep(10);
  }
  stopped = true;
  await clients;
  await service.shutdown();

  const names = [...a.spans, ...b.spans].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBe(sent);
  expect(sent).toBeGreaterThan(RELOADS);
  expect(a.spans.length).toBeGreaterThan(0);
  expect(b.spans.length).toBeGreaterThan(0);
  expect(logger.records.filter(({ level }) => level === "error")).toEqual([]);
  expect(service.counters.snapshot()).toMatchObject({
    [sentBy("a", a)]: a.spans.length,
    [sentBy("b", b)]: b.spans.length,
    'otelcol_receiver_accepted_spans{receiver="otlp",transport="http"}': sent,
  });
});
