import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HostRecorder } from "../../../test/support/component.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { PermanentError } from "../../consumer/index.ts";
import {
  dataFromBytes,
  internKey,
  type Metrics,
  MetricsBuilder,
  Nanos,
  type Signal,
  SPAN_KIND,
  STATUS_CODE,
  TEMPORALITY,
  Traces,
  TracesBuilder,
} from "../../pdata/index.ts";
import { consoleConfig } from "./config.ts";
import { ConsoleExporter, type Screen } from "./exporter.ts";

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = "UTC";
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const IDS = Buffer.from("5b8efff798038103d269b633813fc60ceee19b7ec3c1b174", "hex");
const T0 = 1_790_000_000_123_000_000n; // 2026-09-21 14:13:20.123 UTC

/** A screen that keeps what is written to it. */
class Recorder implements Screen {
  text = "";
  failure: Error | undefined;
  readonly isTTY: boolean;
  readonly columns: number;
  readonly listeners: ((error: Error) => void)[] = [];

  constructor(columns = 0) {
    this.isTTY = columns > 0;
    this.columns = columns;
  }
  write(text: string, done: (error?: Error | null) => void): void {
    if (!this.failure) this.text += text;
    done(this.failure);
  }
  on(_event: "error", listener: (error: Error) => void): void {
    this.listeners.push(listener);
  }
  off(_event: "error", listener: (error: Error) => void): void {
    this.listeners.splice(this.listeners.indexOf(listener), 1);
  }
}

function exporter<S extends Signal>(
  signal: S,
  screen: Screen,
  section: object = {},
  env: NodeJS.ProcessEnv = {},
) {
  return new ConsoleExporter(parseConfig(consoleConfig, section), signal, screen, env);
}

interface SpanOptions {
  readonly name: string;
  readonly kind?: number;
  readonly startMs?: number;
  readonly ms?: number;
  readonly error?: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** Spans of `nginx[4242]`. */
function spans(...all: SpanOptions[]): Traces {
  const builder = new TracesBuilder();
  builder.beginResource().strAttr(internKey("service.name"), "nginx").intAttr(internKey("process.pid"), 4242);
  builder.beginScope("test");
  for (const { name, kind = SPAN_KIND.server, startMs = 0, ms = 1, error, attributes = {} } of all) {
    const start = T0 + BigInt(startMs * 1e6);
    builder.beginSpan().traceId(IDS).spanId(IDS, 16).name(name).kind(kind);
    builder.startTime(new Nanos().setBigInt(start));
    builder.endTime(new Nanos().setBigInt(start + BigInt(Math.round(ms * 1e6))));
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === "number") builder.intAttr(internKey(key), value);
      else builder.strAttr(internKey(key), value);
    }
    if (error !== undefined) builder.status(STATUS_CODE.error, error);
    builder.endSpan();
  }
  return builder.finish();
}

async function shownSpans(
  data: Traces,
  screen: Recorder = new Recorder(),
  section: object = {},
  env = {},
): Promise<string> {
  await exporter("traces", screen, section, env).consume(data);
  return screen.text;
}

describe("console exporter, spans", () => {
  it("shows a line per span in the order they began, in aligned columns", async () => {
    const shown = await shownSpans(
      spans(
        {
          name: "POST /orders",
          startMs: 7,
          ms: 1840,
          attributes: {
            "http.response.status_code": 503,
            "error.type": "503",
            "client.address": "::1",
            "client.port": 4,
          },
          error: "",
        },
        {
          name: "GET /users/{id}",
          ms: 1.84,
          attributes: {
            "http.response.status_code": 200,
            "client.address": "127.0.0.1",
            "client.port": 53412,
          },
        },
        {
          name: "GET",
          kind: SPAN_KIND.client,
          startMs: 8,
          ms: 0.0842,
          error: "",
          attributes: {
            "error.type": "connection_reset",
            "url.full": "http://api:8080/stock?id=1",
            "server.address": "api",
            "server.port": 8080,
          },
        },
        { name: "job", kind: SPAN_KIND.internal, startMs: 9, ms: 0.00042 },
      ),
    );
    expect(shown).toBe(
      [
        "14:13:20.123  SERVER  200  GET /users/{id}           1.84ms   nginx[4242]    ← 127.0.0.1:53412  trace 5b8efff7…",
        "14:13:20.130  SERVER  503  POST /orders               1.84s   nginx[4242]    ← [::1]:4            trace 5b8efff7…",
        "14:13:20.131  CLIENT  ERR  GET /stock                84.2µs   nginx[4242]    → api:8080         connection_reset  trace 5b8efff7…",
        "14:13:20.132  INTERNAL  –  job                        420ns   nginx[4242]                       trace 5b8efff7…",
        "",
      ].join("\n"),
    );
  });

  it("shows control characters that came over the network instead of sending them to the terminal", async () => {
    const shown = await shownSpans(
      spans({ name: "GET", attributes: { "url.path": "/\u001b[2J\u0007\r\n\u009b31m\u202e" } }),
    );
    expect(shown).toContain("GET /\\x1b[2J\\x07\\x0d\\x0a\\x9b31m\\u202e ");
    expect(shown.split("\n")).toHaveLength(2);
  });

  it("cuts lines to the terminal, leaving out the trace first", async () => {
    const data = spans({
      name: `GET /${"x".repeat(100)}`,
      attributes: { "client.address": "10.0.0.1", "client.port": 1 },
    });
    const shown = await shownSpans(data, new Recorder(125), { color: "never" });
    expect(shown).toBe(
      `14:13:20.123  SERVER    –  GET /${"x".repeat(50)}…  1.00ms   nginx[4242]    ← 10.0.0.1:1\n`,
    );
    const narrow = await shownSpans(data, new Recorder(30), { color: "never" });
    expect(narrow).toBe("14:13:20.123  SERVER    –  GE…\n");
  });

  it("uses colour on a terminal only, and not when NO_COLOR is set", async () => {
    const data = spans({ name: "GET /", attributes: { "http.response.status_code": 200 } });
    const colored = (text: string) => text.includes("\u001b[");
    expect(colored(await shownSpans(data, new Recorder(120)))).toBe(true);
    expect(colored(await shownSpans(data, new Recorder()))).toBe(false);
    expect(colored(await shownSpans(data, new Recorder(120), {}, { NO_COLOR: "1" }))).toBe(false);
    expect(colored(await shownSpans(data, new Recorder(120), {}, { NO_COLOR: "" }))).toBe(true);
    expect(colored(await shownSpans(data, new Recorder(120), {}, { TERM: "dumb" }))).toBe(false);
    expect(colored(await shownSpans(data, new Recorder(120), { color: "never" }))).toBe(false);
    expect(colored(await shownSpans(data, new Recorder(), { color: "always" }, { NO_COLOR: "1" }))).toBe(
      true,
    );
  });

  it("shows errors in red", async () => {
    const shown = await shownSpans(spans({ name: "GET /", error: "boom" }), new Recorder(), {
      color: "always",
    });
    expect(shown).toContain("\u001b[31m  boom\u001b[0m");
    expect(shown).toContain("\u001b[31mERR\u001b[0m");
  });

  it("keeps its columns where a wider batch has put them", async () => {
    const screen = new Recorder();
    const sink = exporter("traces", screen);
    await sink.consume(spans({ name: "GET /a-route-that-is-longer-than-usual" }));
    await sink.consume(spans({ name: "GET /" }));
    const [first, second] = screen.text.split("\n");
    expect(second!.indexOf("1.00ms")).toBe(first!.indexOf("1.00ms"));
  });

  it("shows nothing of a signal that is turned off", async () => {
    expect(await shownSpans(spans({ name: "GET /" }), new Recorder(), { spans: false })).toBe("");
    const screen = new Recorder();
    await exporter("metrics", screen, { metrics: false }).consume(red(1, { "/": 1 }));
    expect(screen.text).toBe("");
  });

  it("refuses for good what is not OTLP, and what the terminal does not take", async () => {
    const screen = new Recorder();
    const sink = exporter("traces", screen);
    await sink.start(new HostRecorder());
    expect(screen.listeners).toHaveLength(1);
    await expect(sink.consume(Traces.fromBytes(Buffer.from("oops")))).rejects.toThrow(PermanentError);
    screen.failure = new Error("write EPIPE");
    await expect(sink.consume(spans({ name: "GET /" }))).rejects.toThrow(
      "write to standard output: write EPIPE",
    );
    await sink.shutdown();
    expect(screen.listeners).toEqual([]);
  });

  it("ends the agent when nobody reads any more, not when a disk is full", async () => {
    const screen = new Recorder();
    const host = new HostRecorder();
    await exporter("traces", screen).start(host);
    const fail = (code: string) => {
      for (const listener of screen.listeners) listener(Object.assign(new Error(code), { code }));
    };
    fail("ENOSPC");
    expect(host.statuses).toEqual([]);
    fail("EPIPE");
    expect(host.statuses).toEqual(["fatal_error"]);
  });
});

const BOUNDS = [0.01, 0.1, 1];

/** `http.server.request.duration` at `seconds` after the start: per route, so many requests of about 50 ms. */
function red(
  seconds: number,
  routes: Record<string, number>,
  temporality: number = TEMPORALITY.cumulative,
): Metrics {
  const builder = new MetricsBuilder();
  const start = new Nanos().setBigInt(T0);
  const time = new Nanos().setBigInt(T0 + BigInt(seconds) * 1_000_000_000n);
  builder.beginResource().strAttr(internKey("service.name"), "nginx").beginScope("test");
  builder.beginHistogram({ name: "http.server.request.duration", unit: "s", description: "" }, temporality);
  for (const [route, count] of Object.entries(routes)) {
    builder
      .beginPoint(time, start)
      .count(count)
      .sum(count * 0.05)
      .buckets([0, count, 0, 0], BOUNDS);
    builder.strAttr(internKey("http.request.method"), "GET").strAttr(internKey("http.route"), route);
    builder
      .intAttr(internKey("http.response.status_code"), 200)
      .strAttr(internKey("url.scheme"), "http")
      .endPoint();
  }
  return builder.endMetric().finish();
}

describe("console exporter, metrics", () => {
  it("shows each histogram series with its rate, quantiles and mean since the last export", async () => {
    const screen = new Recorder();
    const sink = exporter("metrics", screen);
    await sink.consume(red(10, { "/users/{id}": 1000, "/health": 5 }));
    await sink.consume(red(20, { "/users/{id}": 4000, "/health": 5 }));
    expect(screen.text).toBe(
      [
        "14:13:30  http.server.request.duration                   count    rate     p50     p99    mean",
        "          nginx           GET /users/{id} 200            1,000   100/s  55.0ms  99.1ms  50.0ms",
        "          nginx           GET /health 200                    5  0.50/s  55.0ms  99.1ms  50.0ms",
        "14:13:40  http.server.request.duration                   count    rate     p50     p99    mean",
        "          nginx           GET /users/{id} 200            4,000   300/s  55.0ms  99.1ms  50.0ms",
        "          and 1 idle",
        "",
      ].join("\n"),
    );
  });

  it("takes a count that went down for a new beginning, and delta points as they are", async () => {
    const screen = new Recorder();
    const sink = exporter("metrics", screen);
    await sink.consume(red(10, { "/": 1000 }));
    await sink.consume(red(20, { "/": 40 }));
    expect(screen.text.split("\n")[3]).toMatch(/ 40 {2}4\.00\/s /);
    const delta = new Recorder();
    const deltas = exporter("metrics", delta);
    for (const seconds of [10, 20]) await deltas.consume(red(seconds, { "/": 50 }, TEMPORALITY.delta));
    expect(delta.text.match(/5\.00\/s/g)).toHaveLength(2);
  });

  it("says that a quantile lies below the first boundary or beyond the last when that is all that is known", async () => {
    const builder = new MetricsBuilder();
    const time = new Nanos().setBigInt(T0);
    builder.beginResource().beginScope("test");
    builder.beginHistogram({ name: "d", unit: "s", description: "" });
    builder
      .beginPoint(time, new Nanos().setBigInt(T0 - 1_000_000_000n))
      .count(2)
      .buckets([1, 0, 0, 1], BOUNDS)
      .endPoint();
    const screen = new Recorder();
    await exporter("metrics", screen).consume(builder.endMetric().finish());
    expect(screen.text).toContain("2  2.00/s  <10.0ms  >1.00s       –\n");
  });

  it("shows the busiest series and counts the rest", async () => {
    const routes = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`/r${i}`, i + 1]));
    const screen = new Recorder();
    await exporter("metrics", screen).consume(red(10, routes));
    const lines = screen.text.trimEnd().split("\n");
    expect(lines).toHaveLength(1 + 25 + 1);
    expect(lines[1]).toContain("GET /r39 200");
    expect(lines.at(-1)).toBe("          and 15 more");
  });

  it("shows sums with their rate and gauges as values, in people's units", async () => {
    const builder = new MetricsBuilder();
    const [start, time] = [new Nanos().setBigInt(T0), new Nanos().setBigInt(T0 + 10_000_000_000n)];
    builder.beginResource().strAttr(internKey("service.name"), "db").beginScope("test");
    builder.beginSum({ name: "network.io", unit: "By", description: "" }, true);
    builder
      .beginPoint(time, start)
      .intValue(123_456_789)
      .strAttr(internKey("direction"), "transmit")
      .endPoint();
    builder.endMetric().beginGauge({ name: "queue", unit: "{item}", description: "" });
    builder.beginPoint(time).intValue(12_345).endPoint().endMetric();
    const screen = new Recorder();
    await exporter("metrics", screen).consume(builder.finish());
    expect(screen.text).toBe(
      [
        "14:13:30  network.io                                      total        rate",
        "          db              direction=transmit            118 MiB  11.8 MiB/s",
        "14:13:30  queue                                          value",
        "          db                                            12,345",
        "",
      ].join("\n"),
    );
  });

  it("counts what stands at zero as idle, and gauges never", async () => {
    const builder = new MetricsBuilder();
    const [start, time] = [new Nanos().setBigInt(T0), new Nanos().setBigInt(T0 + 10_000_000_000n)];
    builder.beginResource().strAttr(internKey("service.name"), "web").beginScope("test");
    builder.beginSum({ name: "open", unit: "{request}", description: "" }, false);
    for (const [open, method] of [
      [0, "GET"],
      [2, "POST"],
    ] as const)
      builder.beginPoint(time, start).intValue(open).strAttr(internKey("method"), method).endPoint();
    builder.endMetric().beginGauge({ name: "queue", unit: "{item}", description: "" });
    builder.beginPoint(time).intValue(0).endPoint().endMetric();
    const screen = new Recorder();
    await exporter("metrics", screen).consume(builder.finish());
    expect(screen.text).toBe(
      [
        "14:13:30  open                                           value",
        "          web             method=POST                        2",
        "          and 1 idle",
        "14:13:30  queue                                          value",
        "          web                                                0",
        "",
      ].join("\n"),
    );
  });

  it("shows every kind of metric the official library makes", async () => {
    const bytes = readFileSync(new URL("../../pdata/testdata/every-field-metrics.bin", import.meta.url));
    const screen = new Recorder();
    await exporter("metrics", screen).consume(dataFromBytes("metrics", bytes));
    for (const name of ["gauge", "sum", "histogram", "exponential", "summary"])
      expect(screen.text).toContain(`  ${name} `);
  });
});

describe("console exporter, logs", () => {
  it("shows a line per record", async () => {
    const bytes = readFileSync(new URL("../../pdata/testdata/example-logs.bin", import.meta.url));
    const screen = new Recorder();
    await exporter("logs", screen).consume(dataFromBytes("logs", bytes));
    expect(screen.text).toBe(
      "14:51:00.300  INFOR… my.service  Example log record  string.attribute=some string boolean.attribute=true " +
        "int.attribute=10 double.attribute=637.704 array.attribute=[many, values] " +
        "map.attribute={some.map.key=some value}  trace 5b8efff7…\n",
    );
  });
});
