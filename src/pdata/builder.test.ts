import { describe, expect, it } from "vitest";
import { toObject } from "./decode/common.ts";
import { decodeMetrics } from "./decode/metrics.ts";
import { decodeTraces } from "./decode/traces.ts";
import { internAttribute, internKey } from "./keys.ts";
import { MetricsBuilder } from "./metrics-builder.ts";
import { Nanos } from "./nanos.ts";
import { SPAN_KIND, STATUS_CODE, TracesBuilder } from "./traces-builder.ts";

const KEY = internKey("key");
const IDS = Buffer.from("000102030405060708090a0b0c0d0e0f1011121314151617", "hex");

/** What one span with the attributes that `add` adds decodes to. */
function attributesOf(add: (builder: TracesBuilder) => void): Record<string, unknown> {
  const builder = new TracesBuilder(1);
  builder.beginResource().beginScope("s").beginSpan();
  add(builder);
  return toObject(decodeTraces(builder.endSpan().finish().bytes())[0]!.scopes[0]!.items[0]!.attributes);
}

describe("TracesBuilder", () => {
  it("encodes every field of a span", () => {
    const builder = new TracesBuilder();
    const start = new Nanos().setSeconds(1_790_000_000, 123_456_789);
    const end = new Nanos().set(start).addU32(1, 0);
    builder.beginResource("r").strAttr(KEY, "resource").beginScope("scope", "1", "s").strAttr(KEY, "scope");
    builder
      .beginSpan()
      .traceId(IDS)
      .spanId(IDS, 16)
      .parentSpanId(IDS, 1)
      .traceState("ot=th:8")
      .flags(0x101)
      .name("GET /users/{id}")
      .kind(SPAN_KIND.server)
      .startTime(start)
      .endTime(end)
      .status(STATUS_CODE.error, "boom")
      .strAttr(KEY, "span")
      .endSpan();
    builder.beginSpan().nameBytes(Buffer.from("xHTTPx"), 1, 5).endSpan();
    expect(builder.itemCount).toBe(2);
    const [group] = decodeTraces(builder.finish().bytes());
    expect(toObject(group!.resource.attributes)).toEqual({ key: "resource" });
    expect(group!.schemaUrl).toBe("r");
    const [scope] = group!.scopes;
    expect(scope).toMatchObject({ schemaUrl: "s", scope: { name: "scope", version: "1" } });
    expect(toObject(scope!.scope.attributes)).toEqual({ key: "scope" });
    expect(scope!.items).toMatchObject([
      {
        traceId: "000102030405060708090a0b0c0d0e0f",
        spanId: "1011121314151617",
        parentSpanId: "0102030405060708",
        traceState: "ot=th:8",
        flags: 0x101,
        name: "GET /users/{id}",
        kind: 2,
        startTime: 1_790_000_000_123_456_789n,
        endTime: 1_790_000_000_123_456_790n,
        status: { code: 2, message: "boom" },
        attributes: [{ key: "key", value: "span" }],
      },
      { name: "HTTP", kind: 0, attributes: [] },
    ]);
  });

  it.each([
    0,
    1,
    -1,
    127,
    128,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    -(2 ** 31),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ])("encodes the integer %s", (value) => {
    expect(attributesOf((b) => b.intAttr(KEY, value)).key).toBe(BigInt(value));
  });

  it("encodes numbers, booleans and lists of texts", () => {
    expect(attributesOf((b) => b.doubleAttr(KEY, -1.5)).key).toBe(-1.5);
    expect(attributesOf((b) => b.boolAttr(KEY, true)).key).toBe(true);
    expect(attributesOf((b) => b.boolAttr(KEY, false)).key).toBe(false);
    expect(attributesOf((b) => b.strArrayAttr(KEY, [])).key).toEqual([]);
    const texts = ["", "é", "x".repeat(300)];
    expect(attributesOf((b) => b.strArrayAttr(KEY, texts)).key).toEqual(texts);
  });

  it("encodes texts of every length around the limits of a length byte, in and outside ASCII", () => {
    for (const character of ["a", "é", "€", "👋"]) {
      for (const length of [
        0, 1, 15, 16, 17, 39, 40, 41, 100, 110, 120, 127, 128, 129, 5000, 16_383, 16_384,
      ]) {
        const text = character.repeat(length);
        const bytes = Buffer.from(text);
        expect(attributesOf((b) => b.strAttr(KEY, text)).key).toBe(text);
        expect(attributesOf((b) => b.bytesAttr(KEY, bytes)).key).toBe(text);
      }
    }
  });

  it("replaces what is not UTF-8, since a receiver may refuse the whole request for it", () => {
    const cut = Buffer.from("/caf\u00e9").subarray(0, 5);
    expect(attributesOf((b) => b.bytesAttr(KEY, cut)).key).toBe("/caf\ufffd");
    expect(attributesOf((b) => b.bytesAttr(KEY, Buffer.alloc(60, 0xff))).key).toBe("\ufffd".repeat(60));
    expect(attributesOf((b) => b.strAttr(KEY, "a\ud800b")).key).toBe("a\ufffdb");
    expect(attributesOf((b) => b.bytesAttr(KEY, Buffer.from("abcdef"), 2, 4)).key).toBe("cd");
  });

  it.each(["", "GET", "é", "x".repeat(200), 0, 200, -5, 1.5, 2 ** 40, true, false])(
    "writes the prepared attribute %s in one go",
    (value) => {
      const prepared = internAttribute("prepared", value);
      const expected = Number.isInteger(value) ? BigInt(value) : value;
      const both = attributesOf((b) => b.constAttr(prepared).strAttr(KEY, "after"));
      expect(both).toEqual({ prepared: expected, key: "after" });
    },
  );

  it("takes a resource that was encoded before, under several scopes", () => {
    const builder = new TracesBuilder();
    const resource = Buffer.from("0a080a016112030a0162", "hex"); // attributes: a = "b"
    builder.beginEncodedResource(resource).beginScope("one").beginSpan().name("1").endSpan();
    builder.beginScope("two").beginSpan().name("2").endSpan();
    builder.beginEncodedResource(resource, "url").beginScope("three");
    const groups = decodeTraces(builder.finish().bytes());
    expect(groups.map((group) => toObject(group.resource.attributes))).toEqual([{ a: "b" }, { a: "b" }]);
    const scopes = groups.map((group) => group.scopes.map((s) => [s.scope.name, s.items.length]));
    expect(scopes).toEqual([
      [
        ["one", 1],
        ["two", 1],
      ],
      [["three", 0]],
    ]);
  });

  it("starts anew after finish, and what was finished stays", () => {
    const builder = new TracesBuilder();
    const first = builder.beginResource().beginScope("a").beginSpan().name("first").endSpan().finish();
    const copy = Buffer.from(first.bytes());
    const second = builder.beginResource().beginScope("b").beginSpan().name("other").endSpan().finish();
    expect(first.bytes()).toEqual(copy);
    expect(second.itemCount).toBe(1);
    expect(builder.finish().byteLength).toBe(0);
  });

  it("refuses calls out of order instead of writing rubbish", () => {
    expect(() => new TracesBuilder().beginScope("s")).toThrow("begin scope: no resource is open");
    expect(() => new TracesBuilder().beginResource().beginSpan()).toThrow("begin item: no scope is open");
    const open = new TracesBuilder().beginResource().beginScope("s").beginSpan();
    expect(() => open.beginSpan()).toThrow("the one before it was not ended");
    expect(() => open.finish()).toThrow("an item is still open");
    expect(() => new TracesBuilder().beginResource().beginScope("s").endSpan()).toThrow(
      "end item: none is open",
    );
  });
});

describe("MetricsBuilder", () => {
  it("encodes sums, gauges and histograms with exemplars", () => {
    const builder = new MetricsBuilder(1);
    const [start, time] = [new Nanos().setU32(1, 0), new Nanos().setBigInt(1_790_000_000_000_000_000n)];
    builder.beginResource().beginScope("s");
    builder.beginSum({ name: "sum", unit: "By", description: "bytes" }, true);
    builder.beginPoint(time, start).intValue(-5).strAttr(KEY, "int").endPoint();
    builder.beginPoint(time, start).doubleValue(0.5).endPoint().endMetric();
    builder.beginGauge({ name: "gauge", unit: "", description: "" });
    builder
      .beginPoint(time)
      .intValue(2n ** 62n)
      .endPoint()
      .endMetric();
    builder.beginHistogram({ name: "histogram", unit: "s", description: "" }, 1);
    const counts = new BigUint64Array([1n, 2n ** 40n, 0n]);
    builder
      .beginPoint(time, start)
      .count(2 ** 40 + 1)
      .sum(1.5)
      .min(0)
      .max(9)
      .buckets(counts, [0.5, 1]);
    builder.exemplar(0.25, time, IDS.subarray(0, 16), IDS.subarray(0, 8)).exemplar(3, time);
    builder.strAttr(KEY, "histogram").endPoint().endMetric();
    const data = builder.finish();
    expect(data.itemCount).toBe(4);
    const point = { startTime: 1n, time: 1_790_000_000_000_000_000n, attributes: [] };
    expect(decodeMetrics(data.bytes())[0]!.scopes[0]!.items).toMatchObject([
      {
        name: "sum",
        unit: "By",
        description: "bytes",
        data: {
          type: "sum",
          temporality: 2,
          monotonic: true,
          points: [
            { ...point, value: -5n, attributes: [{ key: "key", value: "int" }] },
            { ...point, value: 0.5 },
          ],
        },
      },
      { name: "gauge", data: { type: "gauge", points: [{ ...point, startTime: 0n, value: 2n ** 62n }] } },
      {
        name: "histogram",
        data: {
          type: "histogram",
          temporality: 1,
          points: [
            {
              ...point,
              attributes: [{ key: "key", value: "histogram" }],
              count: 2n ** 40n + 1n,
              sum: 1.5,
              min: 0,
              max: 9,
              bucketCounts: [1n, 2n ** 40n, 0n],
              explicitBounds: [0.5, 1],
              exemplars: [
                { value: 0.25, traceId: "000102030405060708090a0b0c0d0e0f", spanId: "0001020304050607" },
                { value: 3, traceId: "", spanId: "" },
              ],
            },
          ],
        },
      },
    ]);
  });
});

describe("Nanos", () => {
  it.each([0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 1_790_000_000_123_456_789n, 2n ** 63n, 2n ** 64n - 1n])(
    "holds %s exactly, however it is set",
    (ns) => {
      expect(new Nanos().setBigInt(ns).toBigInt()).toBe(ns);
      expect(new Nanos().setU32(Number(ns & 0xffff_ffffn), Number(ns >> 32n)).toBigInt()).toBe(ns);
      expect(
        new Nanos().setSeconds(Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)).toBigInt(),
      ).toBe(ns);
    },
  );

  it("adds with a carry, and subtracts when the offset is negative", () => {
    const boot = new Nanos().setBigInt(0xffff_fff0n);
    expect(boot.add(new Nanos().setBigInt(0x1_0000_0020n)).toBigInt()).toBe(0x2_0000_0010n);
    expect(boot.add(new Nanos().setBigInt(-0x1_0000_0020n)).toBigInt()).toBe(0xffff_fff0n);
  });
});
