import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { traces } from "../../../test/support/data.ts";
import { OtlpReceiver } from "../../../test/support/otlp-receiver.ts";
import { freePort } from "../../../test/support/servers.ts";
import { Bench } from "../../../test/support/service.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { toObject } from "../../pdata/decode/common.ts";
import { Logs } from "../../pdata/index.ts";
import { encodeJson } from "../../pdata/json/encode.ts";
import { Service } from "../service.ts";
import { telemetryConfig } from "./schema.ts";
import { Telemetry } from "./telemetry.ts";

const buildInfo = { command: "wattspan", description: "wattspan", version: "1.2.3" };
const configured = (config: object) => parseConfig(telemetryConfig, config);
const page = (port: number) => ({ pull: { exporter: { prometheus: { host: "127.0.0.1", port } } } });

let telemetry: Telemetry;
let directory: string;
beforeEach(() => {
  telemetry = new Telemetry(buildInfo);
  directory = mkdtempSync(join(tmpdir(), "telemetry-"));
});
afterEach(async () => {
  await telemetry.close();
  rmSync(directory, { recursive: true });
});

const fetched = async (port: number) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

describe("the agent's own metrics", () => {
  it("are on a page that lives through changes which leave it its address", async () => {
    const port = await freePort();
    await telemetry.configure(configured({ metrics: { readers: [page(port)] } }));
    telemetry.counters.counter("otelcol_receiver_accepted_spans", { receiver: "in" }).add(2);
    const first = await fetched(port);
    expect(first).toContain('otelcol_receiver_accepted_spans{receiver="in"} 2\n');
    expect(first).toMatch(/^otelcol_process_memory_rss \d/m);
    expect(first).toMatch(
      /^target_info\{service_instance_id="[0-9a-f-]{36}",service_name="wattspan",service_version="1.2.3"\} 1$/m,
    );
    const id = /service_instance_id="(.*?)"/.exec(first)![1]!;
    await telemetry.configure(
      configured({
        metrics: { level: "basic", readers: [page(port)] },
        resource: { "service.name": "edge" },
      }),
    );
    expect(await fetched(port)).toContain(`target_info{service_instance_id="${id}",service_name="edge"`);
    await telemetry.configure(configured({ metrics: { level: "none" } }));
    await expect(fetched(port)).rejects.toThrow();
  });

  it("answer with the reason when something cannot be read, as often as they are asked", async () => {
    const [port, log] = [await freePort(), join(directory, "log")];
    await telemetry.configure(
      configured({ logs: { output_paths: [log] }, metrics: { readers: [page(port)] } }),
    );
    const end = telemetry.counters.observe("gauge", "broken", {}, () => {
      throw new Error("EMFILE: too many open files");
    });
    for (const _ of [1, 2]) {
      const { status } = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect(status).toBe(500);
    }
    expect(await fetched(port)).toBe(
      "An error has occurred while serving metrics:\n\nEMFILE: too many open files\n",
    );
    expect(readFileSync(log, "utf8")).toContain("A reader of the metrics could not be answered.");
    end();
    expect(await fetched(port)).toContain("otelcol_process_uptime");
  });

  it("answers only what is there, and with gzip", async () => {
    const port = await freePort();
    await telemetry.configure(configured({ metrics: { readers: [page(port)] } }));
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
      headers: { "accept-encoding": "gzip" },
    });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    expect((await fetch(`http://127.0.0.1:${port}/other`)).status).toBe(404);
  });

  it("stay as they were when there can be no spans of the new kind", async () => {
    const [one, two] = [await freePort(), await freePort()];
    await telemetry.configure(configured({ metrics: { readers: [page(one)] } }));
    const otlp = { protocol: "grpc", endpoint: "https://localhost:1", certificate: join(directory, "none") };
    const traces = { processors: [{ batch: { exporter: { otlp } } }] };
    await expect(
      telemetry.configure(configured({ metrics: { readers: [page(two)] }, traces })),
    ).rejects.toThrow("failed to create tracer provider");
    expect(await fetched(one)).toContain("target_info");
    await expect(fetched(two)).rejects.toThrow();
  });

  it("stay as they were when a new reader cannot start", async () => {
    const [one, two] = [await freePort(), await freePort()];
    await telemetry.configure(configured({ metrics: { readers: [page(one)] } }));
    const other = new Telemetry(buildInfo);
    await other.configure(configured({ metrics: { readers: [page(two)] } }));
    await expect(telemetry.configure(configured({ metrics: { readers: [page(two)] } }))).rejects.toThrow(
      new RegExp(
        `^failed to create meter provider: binding address 127.0.0.1:${two} for Prometheus exporter: listen tcp 127.0.0.1:${two}: bind: address already in use$`,
      ),
    );
    expect(await fetched(one)).toContain("target_info");
    await other.close();
  });

  it.each(["cumulative", "delta"])(
    "are sent as OTLP, %s, through the SDK",
    async (temporality_preference) => {
      await using receiver = await OtlpReceiver.start();
      const otlp = { protocol: "grpc", endpoint: receiver.endpoint, insecure: true, temporality_preference };
      const periodic = { interval: 100, timeout: 90, exporter: { otlp } };
      const counter = telemetry.counters.counter("otelcol_exporter_sent_spans", { exporter: "out" });
      const sizes = telemetry.counters.histogram("otelcol_processor_batch_batch_send_size", {}, [10, 20]);
      counter.add(2);
      sizes.record(15);
      await telemetry.configure(configured({ metrics: { readers: [{ periodic }] } }));
      await receiver.until(() => receiver.metrics.length > 0);
      counter.add(5);
      await telemetry.close();
      const metrics = receiver.metrics.flatMap(({ scopes }) => scopes.flatMap(({ items }) => items));
      const sums = metrics.flatMap(({ name, data }) =>
        name === "otelcol_exporter_sent_spans" && data?.type === "sum"
          ? data.points.map(({ value }) => Number(value))
          : [],
      );
      expect(temporality_preference === "delta" ? sums.reduce((a, b) => a + b) : sums.at(-1)).toBe(7);
      const histogram = metrics.find(({ name }) => name === "otelcol_processor_batch_batch_send_size")!.data!;
      expect(histogram).toMatchObject({
        type: "histogram",
        points: [{ bucketCounts: [0n, 1n, 0n], sum: 15 }],
      });
      expect(toObject(receiver.metrics[0]!.resource.attributes)).toMatchObject({
        "service.version": "1.2.3",
      });
    },
  );
});

describe("the agent's own log", () => {
  it("changes its level and its file while loggers are in use", async () => {
    const paths = ["a", "b"].map((name) => join(directory, name));
    const logs = { disable_caller: true, disable_zap_resource: true, encoding: "json" };
    await telemetry.configure(
      configured({ metrics: { level: "none" }, logs: { ...logs, output_paths: [paths[0]] } }),
    );
    const logger = telemetry.loggers({ "otelcol.component.id": "x" });
    logger.debug({}, "No.");
    logger.info({}, "One.");
    await telemetry.configure(
      configured({
        metrics: { level: "none" },
        logs: { ...logs, level: "debug", output_paths: [`file://${paths[1]}`] },
      }),
    );
    logger.debug({}, "Two.");
    const messages = paths.map((path) =>
      readFileSync(path, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).msg),
    );
    expect(messages).toEqual([["One."], ["Two."]]);
  });

  it("says why it cannot be written", async () => {
    const output_paths = [join(directory, "not", "there")];
    await expect(telemetry.configure(configured({ logs: { output_paths } }))).rejects.toThrow(
      /^failed to create logger: open sink "(.*)": open \1: no such file or directory$/,
    );
  });

  it("is sent as OTLP, too, through the SDK", async () => {
    await using receiver = await OtlpReceiver.start();
    const otlp = { protocol: "grpc", endpoint: `http://${receiver.endpoint}`, headers: { "x-key": "1" } };
    const processors = [{ batch: { schedule_delay: 10, exporter: { otlp } } }];
    await telemetry.configure(
      configured({
        metrics: { level: "none" },
        logs: { processors, output_paths: [] },
        resource: { schema_url: "https://opentelemetry.io/schemas/1.40.0" },
      }),
    );
    telemetry.loggers({ "otelcol.component.id": "x" }).warn({ error: new Error("why"), n: 3 }, "Look.");
    await receiver.until(() => receiver.logs.length > 0);
    const [resource] = receiver.logs;
    const [record] = resource!.scopes[0]!.items;
    expect(record).toMatchObject({ body: "Look.", severityText: "warn", severityNumber: 13 });
    expect(toObject(record!.attributes)).toEqual({ "otelcol.component.id": "x", error: "why", n: 3n });
    expect(receiver.received[0]!.headers).toMatchObject({ "x-key": "1" });
    expect(encodeJson(new Logs([receiver.received[0]!.bytes])).toString()).toContain(
      '"schemaUrl":"https://opentelemetry.io/schemas/1.40.0"',
    );
  });
});

describe("the agent's own spans", () => {
  it("are made of what receivers hand on and exporters take, while the user wants them", async () => {
    await using backend = await OtlpReceiver.start();
    const otlp = { protocol: "grpc", endpoint: backend.endpoint, insecure: true };
    const tracing = { processors: [{ batch: { schedule_delay: 10, exporter: { otlp } } }] };
    await telemetry.configure(configured({ metrics: { level: "none" }, traces: tracing }));
    const bench = new Bench();
    const config = await bench.config(`
receivers: {in: }
exporters: {out: }
service: {pipelines: {traces: {receivers: [in], exporters: [out]}}}`);
    const service = new Service(config, {
      buildInfo,
      loggers: () => bench.logger,
      tracing: telemetry.tracing,
    });
    await service.start();
    const next = bench.probe.receivers.get("in")!.traces!;
    await next.consume(traces(3), { transport: "grpc" });
    bench.probe.onExport = async () => {
      throw new Error("busy");
    };
    await expect(next.consume(traces(1))).rejects.toThrow("busy");
    await telemetry.configure(configured({ metrics: { level: "none" } }));
    await expect(next.consume(traces(1))).rejects.toThrow("busy");
    await service.shutdown();
    const [received, failed] = backend.spans.filter(({ name }) => name === "receiver/in/TraceDataReceived");
    const exported = backend.spans.filter(({ name }) => name === "exporter/out/traces");
    expect(backend.spans).toHaveLength(4);
    expect(exported[0]).toMatchObject({ traceId: received!.traceId, parentSpanId: received!.spanId });
    expect(toObject(received!.attributes)).toEqual({ transport: "grpc", items: 3n });
    expect(failed!.status).toMatchObject({ code: 2, message: "busy" });
  });
});

describe("service.telemetry", () => {
  it.each([
    [
      { metrics: { readers: [] } },
      "collector telemetry metrics reader should exist when metric level is not none",
    ],
    [{ metrics: { readers: [{}] } }, "metrics::readers::0: no valid metric reader"],
    [
      { metrics: { views: [{}] } },
      "service::telemetry::metrics::views can only be set when service::telemetry::metrics::level is detailed",
    ],
    [{ traces: { propagators: ["jaeger"] } }, "traces: unsupported trace propagator"],
    [{ resource: { a: 1 } }, 'resource: legacy resource attribute "a" must be string or null'],
    [
      { resource: { a: "b", attributes: [{ name: "c", value: "d" }] } },
      "resource: resource::attributes cannot be used together with legacy inline resource attributes",
    ],
    [
      { logs: { processors: [{ simple: { exporter: { otlp: { protocol: "carrier-pigeon" } } } }] } },
      'logs::processors::0::simple::exporter::otlp: unsupported protocol "carrier-pigeon"',
    ],
  ])("with %j is refused", (config, message) => {
    expect(() => configured(config)).toThrow(message);
  });
});
