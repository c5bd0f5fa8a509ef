import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Writer } from "../protobuf/writer.ts";
import { attribute, toObject } from "./common.ts";
import { decodeLogs } from "./logs.ts";
import { decodeMetrics } from "./metrics.ts";
import { decodeTraces } from "./traces.ts";

const T0 = 1_544_712_660_000_000_000n;
const T1 = 1_544_712_661_000_000_000n;
const T3 = 1_544_712_660_300_000_000n;
const TRACE_ID = "5b8efff798038103d269b633813fc60c";
const SPAN_ID = "eee19b7ec3c1b174";
const PARENT_ID = "eee19b7ec3c1b173";
const ARRAY = ["a", -1n, undefined];
const MAP = {
  entries: [
    { key: "k", value: "v" },
    { key: "n", value: ARRAY },
  ],
};
const EVERY_VALUE = [
  { key: "string", value: "grüße 👋" },
  { key: "true", value: true },
  { key: "false", value: false },
  { key: "int", value: -(2n ** 63n) },
  { key: "max", value: 2n ** 63n - 1n },
  { key: "double", value: -0.5 },
  { key: "array", value: ARRAY },
  { key: "map", value: MAP },
  { key: "bytes", value: Buffer.from([0x00, 0xff]) },
  { key: "empty", value: undefined },
  { key: "none", value: undefined },
];
const RESOURCE = {
  attributes: EVERY_VALUE,
  droppedAttributesCount: 3,
  entityRefs: [
    { schemaUrl: "e", type: "host", idKeys: ["host.id"], descriptionKeys: ["host.name", "host.arch"] },
  ],
};
const SCOPE = { name: "lib", version: "2", attributes: EVERY_VALUE, droppedAttributesCount: 4 };

/** A request in which the official protobuf library set every field (testdata/make.py). */
function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../testdata/${name}.bin`, import.meta.url));
}

describe("decodeTraces", () => {
  it("reads every field of a request made by the official protobuf library", () => {
    const [group, ...others] = decodeTraces(fixture("every-field-traces"));
    expect(others).toEqual([]);
    const url = "https://opentelemetry.io/schemas/1.44.0";
    expect(group).toMatchObject({
      resource: RESOURCE,
      schemaUrl: url,
      scopes: [{ scope: SCOPE, schemaUrl: url }],
    });
    const [span, empty] = group!.scopes[0]!.items;
    expect(span).toEqual({
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      parentSpanId: PARENT_ID,
      traceState: "ot=th:8",
      flags: 0x101,
      name: "GET /",
      kind: 3,
      startTime: T0,
      endTime: T1,
      attributes: EVERY_VALUE,
      droppedAttributesCount: 7,
      events: [{ time: T3, name: "exception", attributes: EVERY_VALUE, droppedAttributesCount: 5 }],
      droppedEventsCount: 8,
      links: [
        {
          traceId: TRACE_ID,
          spanId: PARENT_ID,
          traceState: "l=1",
          flags: 0x301,
          attributes: [{ key: "l", value: "1" }],
          droppedAttributesCount: 6,
        },
      ],
      droppedLinksCount: 9,
      status: { code: 2, message: "boom" },
    });
    expect(empty).toMatchObject({
      traceId: "",
      name: "",
      kind: 0,
      startTime: 0n,
      status: { code: 0, message: "" },
    });
  });

  it("refuses ids of the wrong length", () => {
    expect(() => decodeTraces(Buffer.from("0a0612040a020a0061", "hex"))).toThrow("runs past the end");
    const out = new Writer();
    const [resource, scope, span] = [out.begin(0x0a), out.begin(0x12), out.begin(0x12)];
    out.bytes(0x0a, Buffer.from("abc"));
    for (const message of [span, scope, resource]) out.end(message!);
    expect(() => decodeTraces(out.take())).toThrow("malformed id: 3 bytes, expected 16");
  });
});

describe("decodeMetrics", () => {
  it("reads every field of a request made by the official protobuf library", () => {
    const [group] = decodeMetrics(fixture("every-field-metrics"));
    expect(group).toMatchObject({
      resource: RESOURCE,
      schemaUrl: "u",
      scopes: [{ scope: SCOPE, schemaUrl: "u" }],
    });
    const point = { attributes: [{ key: "a", value: "b" }], startTime: T0, time: T1, flags: 1 };
    const exemplars = [
      {
        filteredAttributes: [{ key: "f", value: "1" }],
        time: T3,
        value: 1.5,
        traceId: TRACE_ID,
        spanId: SPAN_ID,
      },
      { filteredAttributes: [], time: T3, value: -7n, traceId: "", spanId: "" },
    ];
    const none = { name: "", description: "", unit: "", metadata: [] };
    const unset = { attributes: [], startTime: 0n, time: 0n, flags: 0, exemplars: [] };
    expect(group!.scopes[0]!.items).toEqual([
      {
        name: "gauge",
        description: "d",
        unit: "By",
        metadata: [{ key: "m", value: "1" }],
        data: {
          type: "gauge",
          points: [
            { ...point, value: -3n, exemplars },
            { ...unset, value: undefined },
          ],
        },
      },
      {
        ...none,
        name: "sum",
        data: {
          type: "sum",
          temporality: 2,
          monotonic: true,
          points: [{ ...point, value: 0.1, exemplars: [] }],
        },
      },
      {
        ...none,
        name: "histogram",
        data: {
          type: "histogram",
          temporality: 2,
          points: [
            {
              ...point,
              count: 2n ** 63n,
              sum: -1.5,
              min: -1,
              max: 9,
              bucketCounts: [1n, 2n ** 40n, 3n],
              explicitBounds: [0.005, 10],
              exemplars,
            },
            {
              ...unset,
              count: 1n,
              sum: undefined,
              min: undefined,
              max: undefined,
              bucketCounts: [],
              explicitBounds: [],
            },
          ],
        },
      },
      {
        ...none,
        name: "exponential",
        data: {
          type: "exponentialHistogram",
          temporality: 1,
          points: [
            {
              ...point,
              count: 9n,
              sum: 4,
              min: -8,
              max: 8,
              scale: -3,
              zeroCount: 2n,
              zeroThreshold: 0.25,
              positive: { offset: -4, bucketCounts: [1n, 300n] },
              negative: { offset: 2, bucketCounts: [4n] },
              exemplars,
            },
          ],
        },
      },
      {
        ...none,
        name: "summary",
        data: {
          type: "summary",
          points: [
            {
              ...point,
              count: 4n,
              sum: 2.5,
              quantiles: [
                { quantile: 0.5, value: 1 },
                { quantile: 0.99, value: 2 },
              ],
            },
          ],
        },
      },
      { ...none, name: "nothing", data: undefined },
    ]);
  });
});

describe("decodeLogs", () => {
  it("reads every field of a request made by the official protobuf library", () => {
    const [group] = decodeLogs(fixture("every-field-logs"));
    expect(group).toMatchObject({
      resource: RESOURCE,
      schemaUrl: "u",
      scopes: [{ scope: SCOPE, schemaUrl: "u" }],
    });
    expect(group!.scopes[0]!.items[0]).toEqual({
      time: T0,
      observedTime: T1,
      severityNumber: 17,
      severityText: "ERROR",
      eventName: "device.crash",
      body: MAP,
      attributes: EVERY_VALUE,
      droppedAttributesCount: 2,
      flags: 1,
      traceId: TRACE_ID,
      spanId: SPAN_ID,
    });
    expect(group!.scopes[0]!.items).toHaveLength(2);
  });

  it("refuses values nested deeper than any real one, without running out of stack", () => {
    let body: Uint8Array = Buffer.from("0a0161", "hex"); // string_value "a"
    for (let depth = 0; depth < 200; depth++) body = message(0x2a, message(0x0a, body));
    const request = message(0x0a, message(0x12, message(0x12, message(0x2a, body))));
    expect(() => decodeLogs(request)).toThrow("nested over 100 levels deep");
  });
});

describe("attributes", () => {
  it("are found by key and shown as an object", () => {
    const attributes = [
      { key: "a", value: 1n },
      { key: "b", value: "x" },
      { key: "a", value: 2n },
    ];
    expect(attribute(attributes, "a")).toBe(1n);
    expect(attribute(attributes, "c")).toBeUndefined();
    expect(toObject(attributes)).toEqual({ a: 2n, b: "x" });
  });
});

function message(tag: number, body: Uint8Array): Uint8Array {
  const out = new Writer();
  const start = out.begin(tag);
  out.append(body);
  out.end(start);
  return out.take();
}
