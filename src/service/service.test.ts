import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogRecorder } from "../../test/support/component.ts";
import { logs, metrics, traces } from "../../test/support/data.ts";
import { Probe } from "../../test/support/registry.ts";
import { defaultProviders } from "../confmap/providers.ts";
import { resolve } from "../confmap/resolve.ts";
import { PermanentError } from "../consumer/index.ts";
import { decodeConfig } from "./config.ts";
import { Service } from "./service.ts";
import { validateConfig } from "./validate.ts";

const buildInfo = { command: "wattspan", description: "wattspan", version: "0" };
let probe: Probe;
let logger: LogRecorder;
beforeEach(() => {
  probe = new Probe();
  logger = new LogRecorder();
});
afterEach(() => vi.useRealTimers());

async function service(yaml: string, drainDeadlineMs = 5000): Promise<Service> {
  const raw = await resolve([`yaml:${yaml}`], defaultProviders({}), logger);
  const config = await decodeConfig(raw, probe.registry(), logger);
  validateConfig(config);
  return new Service(config, { buildInfo, loggers: () => logger, drainDeadlineMs });
}

/** The numbers of both processors' durations, apart from the rest; how long they were is nobody's guess. */
function takeDurations(snapshot: Readonly<Record<string, number>>) {
  const counts = { ...snapshot };
  const take = (suffix: string, id: string) => {
    const name = `otelcol_processor_internal_duration_${suffix}{processor="${id}",otel.signal="traces"}`;
    const value = counts[name];
    delete counts[name];
    return value;
  };
  expect(take("sum", "mid")).toBeGreaterThan(0);
  expect(take("sum", "mid/b")).toBeGreaterThan(0);
  return Object.assign(counts, { mid: take("count", "mid"), midB: take("count", "mid/b") });
}

const TWO_PIPELINES = `
receivers: {in: }
processors: {mid: , mid/b: }
exporters: {out: }
service:
  pipelines:
    traces: {receivers: [in], processors: [mid, mid/b], exporters: [out]}
    traces/2: {receivers: [in], processors: [mid], exporters: [out]}
    logs: {receivers: [in], exporters: [out]}
`;
const messages = () => logger.records.map(({ level, message }) => `${level} ${message}`);

describe("the service", () => {
  it("starts downstream first and stops upstream first", async () => {
    const agent = await service(TWO_PIPELINES);
    await agent.start();
    const started = [
      "exporter out traces",
      "processor mid/b traces",
      "processor mid traces",
      "processor mid traces", // One instance for each pipeline,
      "exporter out logs",
      "receiver in", // but one receiver for all of them, last.
    ];
    expect(probe.events).toEqual(started.map((name) => `start ${name}`));
    probe.events.length = 0;
    await agent.shutdown();
    expect(probe.events).toEqual(started.toReversed().map((name) => `stop ${name}`));
    expect(messages()).toEqual([
      "info Starting wattspan...",
      "info Starting extensions...",
      "info Everything is ready. Begin running and processing data.",
      "info Starting shutdown...",
      "info Stopping extensions...",
      "debug Items handled since start.",
      "info Shutdown complete.",
    ]);
  });

  it("carries data from one receiver through every pipeline of its signal, and only those", async () => {
    const agent = await service(TWO_PIPELINES);
    await agent.start();
    const next = probe.receivers.get("in")!;
    expect(Object.keys(next)).toEqual(["traces", "logs"]);
    await next.traces!.consume(traces(3));
    await next.logs!.consume(logs(2));
    expect(probe.exported.map(({ data }) => [data.signal, data.itemCount])).toEqual([
      ["traces", 3],
      ["traces", 3],
      ["logs", 2],
    ]);
    await agent.shutdown();
  });

  it("counts the traffic of every edge once, in the Collector's names", async () => {
    const agent = await service(TWO_PIPELINES);
    await agent.start();
    const { traces: spans, logs: records } = probe.receivers.get("in")!;
    await spans!.consume(traces(3));
    probe.onExport = async (_id, { signal }) => {
      throw signal === "logs" ? new PermanentError("bad") : new Error("busy");
    };
    await expect(spans!.consume(traces(5))).rejects.toThrow("busy");
    await expect(records!.consume(logs(2))).rejects.toBeInstanceOf(PermanentError);
    const { mid, midB, ...counts } = takeDurations(agent.counters.snapshot());
    expect([mid, midB]).toEqual([4, 2]);
    expect(counts).toEqual({
      'otelcol_exporter_in_flight_requests{data_type="traces",exporter="out"}': 0,
      'otelcol_exporter_in_flight_requests{data_type="logs",exporter="out"}': 0,
      'otelcol_exporter_sent_spans{exporter="out"}': 6,
      'otelcol_exporter_send_failed_spans{exporter="out"}': 0,
      'otelcol_exporter_send_failed_spans{exporter="out",error.type="_OTHER",error.permanent="false"}': 10,
      'otelcol_exporter_sent_log_records{exporter="out"}': 0,
      'otelcol_exporter_send_failed_log_records{exporter="out"}': 0,
      'otelcol_exporter_send_failed_log_records{exporter="out",error.type="_OTHER",error.permanent="true"}': 2,
      'otelcol_processor_incoming_items{processor="mid",otel.signal="traces"}': 16,
      'otelcol_processor_outgoing_items{processor="mid",otel.signal="traces"}': 16,
      'otelcol_processor_incoming_items{processor="mid/b",otel.signal="traces"}': 8,
      'otelcol_processor_outgoing_items{processor="mid/b",otel.signal="traces"}': 8,
      'otelcol_receiver_accepted_spans{receiver="in",transport=""}': 3,
      'otelcol_receiver_refused_spans{receiver="in",transport=""}': 5,
      'otelcol_receiver_failed_spans{receiver="in",transport=""}': 0,
      'otelcol_receiver_accepted_log_records{receiver="in",transport=""}': 0,
      'otelcol_receiver_refused_log_records{receiver="in",transport=""}': 2,
      'otelcol_receiver_failed_log_records{receiver="in",transport=""}': 0,
    });
    await agent.shutdown();
  });

  it("gives a pipeline that changes data a copy of its own", async () => {
    const agent = await service(`
receivers: {in: }
processors: {mid: {mutates: true}}
exporters: {out/plain: , out/changed: }
service:
  pipelines:
    metrics/a: {receivers: [in], processors: [mid], exporters: [out/changed]}
    metrics/b: {receivers: [in], exporters: [out/plain]}
`);
    await agent.start();
    const data = metrics(1);
    await probe.receivers.get("in")!.metrics!.consume(data);
    const got = Object.fromEntries(probe.exported.map((item) => [item.id, item.data]));
    expect(got["out/plain"]).toBe(data);
    expect(got["out/changed"]).not.toBe(data);
    await agent.shutdown();
  });

  it("stops what it had started when something cannot start, and says what", async () => {
    const agent = await service(TWO_PIPELINES.replace("{in: }", "{in: {fail_start: true}}"));
    await expect(agent.start()).rejects.toThrow(
      new Error(
        'cannot start pipelines: failed to start "in" receiver: listen tcp 127.0.0.1:1: bind: address already in use',
      ),
    );
    expect(probe.events.filter((event) => event.startsWith("stop"))).toEqual([
      "stop receiver in",
      "stop exporter out logs",
      "stop processor mid traces",
      "stop processor mid traces",
      "stop processor mid/b traces",
      "stop exporter out traces",
    ]);
    await agent.shutdown();
    expect(messages()).not.toContain("info Shutdown complete.");
  });

  it("goes on stopping when a component fails to or hangs past the deadline, and says so", async () => {
    vi.useFakeTimers();
    const agent = await service(TWO_PIPELINES, 20_000);
    await agent.start();
    const aborted: string[] = [];
    let intake: AbortSignal | undefined;
    probe.onShutdown = (name, deadline) => {
      if (deadline.aborted) aborted.push(name);
      if (name === "receiver in") intake = deadline;
      if (name === "receiver in") return new Promise(() => {});
      return name === "exporter out logs" ? Promise.reject(new Error("disk full")) : Promise.resolve();
    };
    const stopped = agent.shutdown();
    const failure = expect(stopped).rejects.toThrow(
      new Error(
        'failed to shutdown pipelines: failed to shutdown "in" receiver: did not stop at the deadline; ' +
          'failed to shutdown "out" exporter: disk full',
      ),
    );
    await vi.advanceTimersByTimeAsync(13_000);
    await failure;
    expect(intake?.reason.message).toBe("data was not drained within 12 s of shutdown");
    expect(aborted).toEqual([]); // There is time left for what was received before.
    expect(probe.events.at(-1)).toBe("stop exporter out traces");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells its owner of a fatal error and leaves the shutdown to it", async () => {
    const agent = await service(TWO_PIPELINES);
    await agent.start();
    const cause = new Error("the kernel took the map away");
    const host = probe.hosts.get("receiver in")!;
    host.reportStatus("recoverable_error", new Error("ring full"));
    host.reportStatus("recoverable_error", new Error("ring full"));
    host.reportStatus("fatal_error", cause);
    expect(await agent.fatalError).toBe(cause);
    expect(messages().slice(3)).toEqual([
      "warn Component is in trouble and tries again.",
      "error Component has failed; the agent stops.",
    ]);
    await agent.shutdown();
  });

  it("may be shut down before it starts, and twice", async () => {
    const agent = await service(TWO_PIPELINES);
    await agent.shutdown();
    await agent.start();
    await agent.shutdown();
    await agent.shutdown();
    expect(probe.events.filter((event) => event === "stop receiver in")).toHaveLength(1);
  });

  it("ends a start that hangs when it is shut down, and stops what runs by then", async () => {
    const agent = await service(TWO_PIPELINES);
    const hanging = Promise.withResolvers<void>();
    probe.onStart = (name) => (name === "exporter out logs" ? hanging.promise : Promise.resolve());
    const start = agent.start();
    await expect.poll(() => probe.events.at(-1)).toBe("start exporter out logs");
    await Promise.all([
      expect(start).rejects.toThrow('failed to start "out" exporter: the agent was stopped before'),
      agent.shutdown(),
    ]);
    const started = probe.events.filter((event) => event.startsWith("start"));
    expect(probe.events.slice(started.length)).toEqual(
      started.toReversed().map((event) => event.replace("start", "stop")),
    );
    expect(messages().slice(-2)).toEqual(["info Starting shutdown...", "info Shutdown complete."]);
    await agent.shutdown();
    expect(messages().at(-2)).toBe("info Starting shutdown...");
  });

  it("starts nothing more when it is shut down while a component starts that does not hang", async () => {
    const agent = await service(TWO_PIPELINES);
    const slow = Promise.withResolvers<void>();
    probe.onStart = () => slow.promise;
    const start = agent.start();
    await expect.poll(() => probe.events).toHaveLength(1);
    const stopped = agent.shutdown();
    slow.resolve();
    await expect(start).rejects.toThrow("the agent is stopped");
    await stopped;
    expect(probe.events).toEqual(["start exporter out traces", "stop exporter out traces"]);
  });
});
