import { readFileSync } from "node:fs";
import { get } from "node:http";
import { get as getSecurely } from "node:https";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { selfSigned } from "../../../test/support/certificate.ts";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import type { Settings } from "../../component/index.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { PermanentError } from "../../consumer/index.ts";
import { Metrics } from "../../pdata/index.ts";
import { decodeJson } from "../../pdata/json/decode.ts";
import type { Counters } from "../../service/telemetry/counters.ts";
import { prometheusConfig } from "./config.ts";
import { prometheusExporterFactory } from "./factory.ts";
import { scrapeHandler } from "./handler.ts";
import { SeriesStore } from "./series-store.ts";

const OPENMETRICS = "application/openmetrics-text;version=1.0.0";
const BASE = { without_scope_info: true };

function metricsOf(metrics: readonly object[], resource: Readonly<Record<string, string>> = {}): Metrics {
  const attributes = Object.entries(resource).map(([key, value]) => ({ key, value: { stringValue: value } }));
  const document = {
    resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ scope: { name: "lib" }, metrics }] }],
  };
  return decodeJson("metrics", Buffer.from(JSON.stringify(document)));
}

/** A store with a clock of its own, and what a scrape of it shows. */
class Scraped {
  readonly log = new LogRecorder();
  readonly settings: Settings = settings("prometheus", this.log);
  readonly store: SeriesStore;
  readonly #handler: ReturnType<typeof scrapeHandler>;
  now = 1_000_000;

  constructor(section: object = {}) {
    const config = parseConfig(prometheusConfig, { endpoint: "localhost:0", ...BASE, ...section });
    this.store = new SeriesStore(config, this.settings, () => this.now);
    this.#handler = scrapeHandler(config, this.store);
  }

  add(metrics: readonly object[], resource: Readonly<Record<string, string>> = {}): this {
    this.store.add(metricsOf(metrics, resource).bytes());
    return this;
  }

  /** The lines that are no comments. */
  async lines(accept = ""): Promise<string[]> {
    const text = await this.text(accept);
    return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  }

  async text(accept = ""): Promise<string> {
    return Buffer.from((await this.answer({ accept })).body).toString();
  }

  answer(headers: object, path = "/metrics") {
    return this.#handler({ method: "GET", path, headers } as never);
  }

  dropped(reason: string): number {
    const counters = this.settings.counters as Counters;
    return counters.counter("otelcol_exporter_prometheus_dropped_points", { exporter: "prometheus", reason })
      .value;
  }
}

const attributes = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: value } }));
const point = (value: number, extra: object = {}) => ({ asDouble: value, ...extra });
const gauge = (name: string, ...dataPoints: object[]) => ({ name, gauge: { dataPoints } });
const sum = (name: string, temporality: number, isMonotonic: boolean, ...dataPoints: object[]) => ({
  name,
  sum: { aggregationTemporality: temporality, isMonotonic, dataPoints },
});
const span = (start: number, end: number) => ({ startTimeUnixNano: `${start}`, timeUnixNano: `${end}` });

/** A length-delimited protobuf field of these parts. */
function field(number: number, ...parts: (string | Uint8Array)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  expect(body.length).toBeLessThan(128);
  return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body]);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

describe("prometheus exporter's text", () => {
  it("shows every kind of metric", async () => {
    const scraped = new Scraped({ without_scope_info: false, const_labels: { env: "test" } });
    const document = readFileSync(new URL("testdata/metrics.jsonl", import.meta.url));
    scraped.store.add(decodeJson("metrics", document).bytes());
    expect(await scraped.text()).toBe(
      readFileSync(new URL("testdata/metrics.prom", import.meta.url), "utf8"),
    );
    const openMetrics = new Scraped({ enable_open_metrics: true, send_timestamps: true });
    openMetrics.store.add(decodeJson("metrics", document).bytes());
    expect(await openMetrics.text(OPENMETRICS)).toBe(
      readFileSync(new URL("testdata/metrics.openmetrics", import.meta.url), "utf8"),
    );
  });

  it("shows job, instance and the resource's other attributes", async () => {
    const resource = {
      "service.name": "shop",
      "service.namespace": "prod",
      "service.instance.id": "i",
      "a.b": "1",
      a_b: "2",
    };
    const scraped = new Scraped({ namespace: "ns" }).add([gauge("g", point(1))], resource);
    expect(await scraped.lines()).toEqual([
      'ns_g{instance="i",job="prod/shop"} 1',
      'ns_target_info{a_b="1;2",instance="i",job="prod/shop"} 1',
    ]);
    const nameless = new Scraped().add([gauge("g", point(1))], { "service.name": "shop", x: "y" });
    expect(await nameless.lines()).toEqual(['g{job="shop"} 1']);
  });

  it("makes labels of resource attributes when asked to", async () => {
    const resource = { "service.name": "shop", "k.v": "r" };
    const metric = gauge("g", point(1, { attributes: attributes({ "k.v": "own", other: "o" }) }));
    const section = (more: object) => ({ resource_to_telemetry_conversion: { enabled: true, ...more } });
    expect(await new Scraped(section({})).add([metric], resource).lines()).toEqual([
      'g{job="shop",k_v="r",other="o",service_name="shop"} 1',
    ]);
    expect(
      await new Scraped(section({ exclude_service_attributes: true })).add([metric], resource).lines(),
    ).toEqual(['g{job="shop",k_v="r",other="o"} 1']);
  });

  it.each([
    [{ included: ["k8s.*"] }, 'k8s_node="n",k8s_pod="p"'],
    [{ included: ["*"] }, 'host_id="h",k8s_node="n",k8s_pod="p",service_name="shop"'],
    [{ included: ["k8s.po?", "host.id"] }, 'host_id="h",k8s_pod="p"'],
    [{ excluded: ["k8s.n*", "service.name"] }, 'host_id="h",k8s_pod="p"'],
    [{ included: ["k8s.*"], excluded: ["k8s.pod"] }, 'k8s_node="n"'],
    [{ included: ["k8s?node", "k8s"] }, 'k8s_node="n"'],
  ])("makes labels of the resource attributes that %j names", async (section, labels) => {
    const resource = { "service.name": "shop", "host.id": "h", "k8s.node": "n", "k8s.pod": "p" };
    const scraped = new Scraped({ resource_to_telemetry_conversion: section });
    const [line] = await scraped.add([gauge("g", point(1))], resource).lines();
    expect(line!.replace('job="shop",', "").split(",").toSorted().join()).toBe(`g{${labels}} 1`);
  });

  it("joins the values of attributes that get the same name", async () => {
    const metric = gauge("g", point(1, { attributes: attributes({ "a.b": "1", a_b: "2", "1x": "3" }) }));
    expect(await new Scraped().add([metric]).lines()).toEqual(['g{a_b="1;2",key_1x="3"} 1']);
  });

  it("keeps names as they are for those who can read them, and escapes them for the others", async () => {
    const metric = sum("a.b", 2, true, point(1, { attributes: attributes({ "x.y": "1", x_y: "2" }) }));
    const scraped = new Scraped({ translation_strategy: "NoTranslation" }).add([metric]);
    expect(await scraped.lines("text/plain;version=0.0.4;escaping=allow-utf-8")).toEqual([
      '{"a.b","x.y"="1",x_y="2"} 1',
    ]);
    expect(await scraped.lines()).toEqual(['a_b{x_y="1;2"} 1']);
    expect(await scraped.lines("text/plain;escaping=dots")).toEqual(['a_dot_b{x_dot_y="1",x_y="2"} 1']);
  });
});

describe("prometheus exporter's series", () => {
  it("show the latest value, and leave out what is older", async () => {
    const scraped = new Scraped()
      .add([gauge("g", point(1, span(0, 20)))])
      .add([gauge("g", point(2, span(0, 10)))]);
    expect(await scraped.lines()).toEqual(["g 1"]);
    expect(scraped.dropped("out_of_order")).toBe(1);
    expect(await scraped.add([gauge("g", point(3, span(0, 30)))]).lines()).toEqual(["g 3"]);
  });

  it("are found again whatever the order of their attributes, and wherever these are in the bytes", async () => {
    const scraped = new Scraped();
    const labels = [
      { a: "1", b: "2" },
      { b: "2", a: "1" },
    ];
    for (let value = 0; value < 6; value++) {
      scraped.add([gauge("g", point(value, { attributes: attributes(labels[value % 2]!) }))]);
    }
    expect(await scraped.lines()).toEqual(['g{a="1",b="2"} 5']);
    // One attribute, the value, the other attribute: NumberDataPoint's fields 7, 4 and 7.
    const attribute = (key: string, value: string) => field(7, field(1, key), field(2, field(1, value)));
    const scattered = Buffer.concat([
      attribute("a", "1"),
      Buffer.from([0x21]),
      double(7),
      attribute("b", "2"),
    ]);
    const metric = Buffer.concat([field(1, "g"), field(5, field(1, scattered))]);
    for (let times = 0; times < 2; times++) scraped.store.add(field(1, field(2, field(2, metric))));
    expect(await scraped.lines()).toEqual(['g{a="1",b="2"} 7']);
  });

  it("come back after they have ended, and after their family has", async () => {
    const scraped = new Scraped({ metric_expiration: "1m" });
    const metric = (value: number) => gauge("g", point(value, { attributes: attributes({ a: "1" }) }));
    scraped.add([metric(1)]).add([gauge("g", { flags: 1, attributes: attributes({ a: "1" }) })]);
    expect(await scraped.lines()).toEqual([]);
    expect(await scraped.add([metric(2)]).lines()).toEqual(['g{a="1"} 2']);
    scraped.now += 100_000;
    scraped.add([gauge("other", point(1))]);
    expect(await scraped.lines()).toEqual(["other 1"]);
    // Another type may now have the name, and what had it before may not.
    scraped.add([sum("g_total", 2, true, point(3))]).add([gauge("g_total", point(4))]);
    expect(await scraped.add([metric(5)]).lines()).toEqual(['g{a="1"} 5', "g_total 3", "other 1"]);
  });

  it("add up deltas that follow each other, and begin anew behind a gap", async () => {
    const scraped = new Scraped();
    for (const [start, end] of [
      [0, 10],
      [10, 20],
      [20, 30],
    ] as const) {
      scraped.add([sum("s", 1, true, { asInt: "9007199254740993", ...span(start, end) })]);
    }
    expect(await scraped.lines()).toEqual(["s_total 2.702159776422298e+16"]);
    expect(await scraped.add([sum("s", 1, true, point(5, span(40, 50)))]).lines()).toEqual(["s_total 5"]);
  });

  it("add up histograms of deltas", async () => {
    const histogram = (start: number, end: number, bounds: number[], counts: number[]) => ({
      name: "h",
      histogram: {
        aggregationTemporality: 1,
        dataPoints: [
          { ...span(start, end), count: 3, sum: 1.5, explicitBounds: bounds, bucketCounts: counts },
        ],
      },
    });
    const scraped = new Scraped()
      .add([histogram(0, 10, [1, 2], [1, 0, 2])])
      .add([histogram(10, 20, [1, 2], [1, 1, 1])]);
    const lines = [
      'h_bucket{le="1"} 2',
      'h_bucket{le="2"} 3',
      'h_bucket{le="+Inf"} 6',
      "h_sum 3",
      "h_count 6",
    ];
    expect(await scraped.lines()).toEqual(lines);
    scraped.add([histogram(5, 25, [1, 2], [9, 9, 9])]);
    expect(await scraped.lines()).toEqual(lines);
    expect(scraped.dropped("out_of_order")).toBe(1);
    scraped.add([histogram(20, 30, [5], [3, 0])]);
    expect(await scraped.lines()).toEqual([
      'h_bucket{le="5"} 3',
      'h_bucket{le="+Inf"} 3',
      "h_sum 1.5",
      "h_count 3",
    ]);
  });

  it("drop and count sums that cannot be added up", async () => {
    const scraped = new Scraped().add([
      sum("up.down", 1, false, point(1), point(2)),
      sum("none", 0, true, point(1)),
    ]);
    expect(await scraped.lines()).toEqual([]);
    expect(scraped.dropped("unsupported_temporality")).toBe(3);
  });

  it("end with a point without a recorded value", async () => {
    const [a, b] = [attributes({ k: "a" }), attributes({ k: "b" })];
    const scraped = new Scraped().add([gauge("g", point(1, { attributes: a }), point(2, { attributes: b }))]);
    scraped.add([gauge("g", { attributes: a, flags: 1 })]);
    expect(await scraped.lines()).toEqual(['g{k="b"} 2']);
  });

  it("are forgotten when nothing comes for them", async () => {
    const scraped = new Scraped({ metric_expiration: "1m" });
    const resource = { "service.name": "s", "service.instance.id": "i" };
    scraped.add([gauge("old", point(1))], resource);
    scraped.now += 40_000;
    scraped.add([gauge("new", point(1))]);
    scraped.now += 30_000;
    expect(await scraped.lines()).toEqual(["new 1"]);
    scraped.now += 60_000;
    expect(await scraped.lines()).toEqual([]);
  });

  it("keep the type of their name, and say once what does not fit", async () => {
    const scraped = new Scraped().add([gauge("x_total", point(1))]);
    for (let i = 0; i < 3; i++) scraped.add([sum("x", 2, true, point(2), point(3))]);
    expect(await scraped.text()).toBe("# HELP x_total \n# TYPE x_total gauge\nx_total 1\n");
    expect(scraped.dropped("type_conflict")).toBe(6);
    expect(scraped.log.records.filter(({ level }) => level === "error")).toMatchObject([
      {
        message:
          "failed to convert metric x: instrument type conflict, using existing type definition. instrument: x_total, existing: GAUGE, dropped: COUNTER",
      },
    ]);
  });

  it("need names of which something is left", async () => {
    const bad = gauge("g", point(1, { attributes: attributes({ "..": "x" }) }), point(2));
    const scraped = new Scraped().add([bad, gauge("ü", point(1))]);
    expect(await scraped.lines()).toEqual(["g 2"]);
    expect(scraped.dropped("invalid_name")).toBe(2);
  });
});

describe("prometheus exporter's server", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
  });

  async function start(section: object = {}) {
    const log = new LogRecorder();
    const config = parseConfig(prometheusConfig, { endpoint: "127.0.0.1:0", ...BASE, ...section });
    const exporter = prometheusExporterFactory.create(settings("prometheus", log), config, "metrics");
    running.push(() => exporter.shutdown(AbortSignal.timeout(1000)));
    await exporter.start(new HostRecorder());
    const endpoint = log.records.find(({ message }) => message === "Serving metrics.")!.attributes.endpoint;
    return { exporter, endpoint: String(endpoint) };
  }

  function scrape(endpoint: string, path: string, headers: Record<string, string> = {}) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      status: number;
      headers: object;
      body: Buffer;
    }>();
    get(`http://${endpoint}${path}`, { headers }, async (response) => {
      const chunks = await response.toArray();
      resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) });
    }).on("error", reject);
    return promise;
  }

  it("answers scrapes in the format they ask for, compressed when they like", async () => {
    const { exporter, endpoint } = await start({ enable_open_metrics: true });
    await exporter.consume(metricsOf([gauge("g", point(1))]));
    const plain = await scrape(endpoint, "/metrics");
    expect(plain).toMatchObject({
      status: 200,
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8; escaping=underscores" },
    });
    expect(plain.body.toString()).toBe("# HELP g \n# TYPE g gauge\ng 1\n");
    const open = await scrape(endpoint, "/metrics", { accept: OPENMETRICS, "accept-encoding": "gzip, br" });
    expect(open.headers).toMatchObject({
      "content-encoding": "gzip",
      "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
    });
    expect(gunzipSync(open.body).toString()).toBe("# HELP g \n# TYPE g gauge\ng 1.0\n# EOF\n");
    expect(await scrape(endpoint, "/")).toMatchObject({ status: 404 });
  });

  it("answers over TLS", async () => {
    const { cert, key } = selfSigned();
    const { exporter, endpoint } = await start({ tls: { cert_pem: cert, key_pem: key } });
    await exporter.consume(metricsOf([gauge("g", point(1))]));
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    getSecurely(`https://${endpoint}/metrics`, { ca: cert }, async (response) => {
      resolve(Buffer.concat(await response.toArray()));
    }).on("error", reject);
    expect((await promise).toString()).toContain("\ng 1\n");
  });

  it("does not start where another listens", async () => {
    const { endpoint } = await start();
    const second = start({ endpoint });
    await expect(second).rejects.toThrow(`listen tcp ${endpoint}: bind: address already in use`);
  });

  it("refuses for good what is not OTLP", async () => {
    const { exporter } = await start();
    await expect(exporter.consume(Metrics.fromBytes(Buffer.from("oops")))).rejects.toThrow(PermanentError);
  });
});

describe("prometheus exporter's configuration", () => {
  it.each([
    [{}, "expecting a non-blank address to run the Prometheus metrics handler"],
    [{ endpoint: "x:1", translation_strategy: "Snake" }, "invalid translation_strategy: Snake"],
    [
      { endpoint: "x:1", resource_to_telemetry_conversion: { enabled: true, included: ["a"] } },
      "cannot configure both legacy enabled/exclude_service_attributes and included/excluded patterns",
    ],
  ])("refuses %j", (section, message) => {
    expect(() => parseConfig(prometheusConfig, section)).toThrow(message);
  });
});
