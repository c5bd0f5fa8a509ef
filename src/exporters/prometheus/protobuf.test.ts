import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { settings } from "../../../test/support/component.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { decodeJson } from "../../pdata/json/decode.ts";
import { Reader } from "../../pdata/protobuf/reader.ts";
import { prometheusConfig } from "./config.ts";
import { scrapeHandler } from "./handler.ts";
import { SeriesStore } from "./series-store.ts";

const ACCEPT = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

/** How a field of io.prometheus.client's messages is read: a message of its own, or a value. */
type Shape = { readonly [field: number]: readonly [string, Shape | ((field: Reader) => unknown)] };

const text = (field: Reader) => field.string();
const double = (field: Reader) => field.double();
const integer = (field: Reader) => Number(field.uint64());
const sint = (field: Reader) => field.sint32();
/** Several sint64 in one field. */
const deltas = (field: Reader) => {
  const values: bigint[] = [];
  field.pushUint64(values);
  return values.map((value) => Number((value >> 1n) ^ -(value & 1n)));
};

const LABEL: Shape = { 1: ["name", text], 2: ["value", text] };
const TIME: Shape = { 1: ["seconds", integer], 2: ["nanos", integer] };
const EXEMPLAR: Shape = { 1: ["label", LABEL], 2: ["value", double], 3: ["timestamp", TIME] };
const BUCKET: Shape = {
  1: ["cumulative_count", integer],
  2: ["upper_bound", double],
  3: ["exemplar", EXEMPLAR],
};
const SPAN: Shape = { 1: ["offset", sint], 2: ["length", integer] };
const HISTOGRAM: Shape = {
  1: ["sample_count", integer],
  2: ["sample_sum", double],
  3: ["bucket", BUCKET],
  5: ["schema", sint],
  6: ["zero_threshold", double],
  7: ["zero_count", integer],
  9: ["negative_span", SPAN],
  10: ["negative_delta", deltas],
  12: ["positive_span", SPAN],
  13: ["positive_delta", deltas],
  15: ["created", TIME],
  16: ["exemplars", EXEMPLAR],
};
const SUMMARY: Shape = {
  1: ["sample_count", integer],
  2: ["sample_sum", double],
  3: ["quantile", { 1: ["quantile", double], 2: ["value", double] }],
  4: ["created", TIME],
};
const COUNTER: Shape = { 1: ["value", double], 2: ["exemplar", EXEMPLAR], 3: ["created", TIME] };
const METRIC: Shape = {
  1: ["label", LABEL],
  2: ["gauge", { 1: ["value", double] }],
  3: ["counter", COUNTER],
  4: ["summary", SUMMARY],
  6: ["timestamp_ms", integer],
  7: ["histogram", HISTOGRAM],
};
const FAMILY: Shape = { 1: ["name", text], 2: ["help", text], 3: ["type", integer], 4: ["metric", METRIC] };

/** A message as an object; each field is a list, since any may be repeated. */
function read(reader: Reader, shape: Shape): Record<string, unknown[]> {
  const message: Record<string, unknown[]> = {};
  while (reader.next()) {
    const [name, how] = shape[reader.field] ?? [`unknown ${reader.field}`, () => undefined];
    const value = typeof how === "function" ? how(reader) : read(reader.message(), how);
    message[name] = [...(message[name] ?? []), value];
  }
  return message;
}

/** The families of a scrape, by name; labels are left out. */
async function families(): Promise<Map<unknown, Record<string, unknown[]>>> {
  const config = parseConfig(prometheusConfig, { endpoint: "localhost:0", send_timestamps: true });
  const store = new SeriesStore(config, settings("prometheus"));
  const json = readFileSync(new URL("testdata/metrics.jsonl", import.meta.url));
  store.add(decodeJson("metrics", json).bytes());
  const answer = await scrapeHandler(
    config,
    store,
  )({ path: "/metrics", headers: { accept: ACCEPT } } as never);
  const body = Buffer.from(answer.body);
  const found = new Map<unknown, Record<string, unknown[]>>();
  for (let at = 0; at < body.length; ) {
    let length = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = body[at++]!;
      length |= (byte & 0x7f) << shift;
      more = byte >= 0x80;
    }
    const family = read(new Reader(body, at, at + length), FAMILY);
    found.set(family.name?.[0], family);
    at += length;
  }
  return found;
}

function firstMetric(family: Record<string, unknown[]> | undefined): Record<string, unknown> {
  const { label: _label, ...rest } = family!.metric![0] as Record<string, unknown>;
  return rest;
}

const CREATED = [{ seconds: [1_544_712_660] }];
const TIMESTAMP = [1_544_712_661_500];
const IDS = [
  { name: ["trace_id"], value: ["5b8efff798038103d269b633813fc60c"] },
  { name: ["span_id"], value: ["eee19b7ec3c1b174"] },
];
const EXEMPLAR_TIME = [{ seconds: [1_544_712_661], nanos: [250_000_000] }];

describe("toProtobuf", () => {
  it("writes every kind of metric", async () => {
    const all = await families();
    expect([...all].map(([name, { type }]) => [name, type![0]])).toEqual([
      ["cpu_utilization_ratio", 1],
      ["http_server_active_requests", 1],
      ["http_server_request_duration_seconds", 4],
      ["native_bytes", 4],
      ["queue_length", 1],
      ["requests_total", 0],
      ["summary_milliseconds", 2],
      ["target_info", 1],
    ]);
    expect(all.get("queue_length")!.metric![0]).toMatchObject({
      label: expect.arrayContaining([{ name: ["job"], value: ["prod/shop"] }]),
      gauge: [{ value: [-5] }],
      timestamp_ms: TIMESTAMP,
    });
    const exemplar = [{ label: IDS, value: [0.07], timestamp: EXEMPLAR_TIME }];
    expect(firstMetric(all.get("requests_total"))).toEqual({
      counter: [{ value: [1_234_567], exemplar, created: CREATED }],
      timestamp_ms: TIMESTAMP,
    });
    const quantile = [
      { quantile: [0.5], value: [1] },
      { quantile: [0.99], value: [2] },
    ];
    expect(firstMetric(all.get("summary_milliseconds")).summary).toEqual([
      { sample_count: [4], sample_sum: [2.5], quantile, created: CREATED },
    ]);
    expect(firstMetric(all.get("http_server_request_duration_seconds")).histogram).toEqual([
      {
        sample_count: [6],
        sample_sum: [1.5],
        bucket: [
          { cumulative_count: [1], upper_bound: [0.005] },
          { cumulative_count: [3], upper_bound: [0.1], exemplar },
          {
            cumulative_count: [3],
            upper_bound: [1_000_000],
            exemplar: [{ value: [99], timestamp: EXEMPLAR_TIME }],
          },
        ],
        created: CREATED,
      },
    ]);
    expect(all.get("target_info")!.metric![0]).not.toHaveProperty("timestamp_ms");
  });

  it("writes exponential histograms as native ones", async () => {
    const all = await families();
    expect(firstMetric(all.get("native_bytes")).histogram).toEqual([
      {
        sample_count: [12],
        sample_sum: [4],
        schema: [1],
        zero_threshold: [1e-128],
        zero_count: [2],
        negative_span: [{ offset: [3], length: [1] }],
        negative_delta: [[3]],
        positive_span: [
          { offset: [-2], length: [1] },
          { offset: [3], length: [2] },
        ],
        positive_delta: [[1, 3, -2]],
        created: CREATED,
      },
    ]);
  });
});
