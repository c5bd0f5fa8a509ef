// What holds for any telemetry. `WATTSPAN_PROPERTY_RUNS` runs more of it than the few rounds of the unit tests.
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { arbitraryRequest } from "../../test/support/arbitrary-otlp.ts";
import { decodeLogs } from "./decode/logs.ts";
import { decodeMetrics } from "./decode/metrics.ts";
import { decodeTraces } from "./decode/traces.ts";
import { dataFromBytes, type Signal } from "./index.ts";
import { decodeJson } from "./json/decode.ts";
import { encodeJson } from "./json/encode.ts";
import { Reader } from "./protobuf/reader.ts";
import { SHAPES, type Shape } from "./shape.ts";

const numRuns = Number(process.env.WATTSPAN_PROPERTY_RUNS ?? 60);
vi.setConfig({ testTimeout: 20_000 + numRuns * 200 });

const DECODE = { traces: decodeTraces, metrics: decodeMetrics, logs: decodeLogs };
const SIGNALS = ["traces", "metrics", "logs"] as const;

function decoded(signal: Signal, bytes: Uint8Array): unknown {
  return DECODE[signal](bytes);
}

/** Each item's bytes, with those of everything around it but its siblings: resource, scope, metric, unknown fields. */
function itemsWithin(reader: Reader, shape: Shape, around: string): string[] {
  const headers: string[] = [];
  const children: Reader[] = [];
  while (reader.next()) {
    if (shape.children.includes(reader.field)) children.push(reader.message());
    else headers.push(Buffer.from(reader.buf.subarray(reader.tagStart, reader.stop)).toString("hex"));
  }
  const whole = `${around}/${headers.join(",")}`;
  return children.flatMap((child) => {
    if (shape.child) return itemsWithin(child, shape.child, whole);
    return [`${whole}/${Buffer.from(child.buf.subarray(child.stop, child.end)).toString("hex")}`];
  });
}

/** All items, and the unknown fields of the request itself. */
function items(signal: Signal, bytes: Uint8Array): string[] {
  const { children, child } = SHAPES[signal];
  const reader = new Reader(bytes);
  const all: string[] = [];
  while (reader.next()) {
    if (children.includes(reader.field)) all.push(...itemsWithin(reader.message(), child!, ""));
    else all.push(Buffer.from(reader.bytes()).toString("hex"));
  }
  return all;
}

describe.each(SIGNALS)("any %s", (signal) => {
  const requests = arbitraryRequest(signal);

  it("go to JSON and back", () => {
    fc.assert(
      fc.property(requests, (bytes) => {
        const data = dataFromBytes(signal, bytes);
        const json = encodeJson(data);
        const back = decodeJson(signal, json);
        expect(decoded(signal, back.bytes())).toEqual(decoded(signal, bytes));
        expect(back.itemCount).toBe(data.itemCount);
        expect(encodeJson(back)).toEqual(json);
      }),
      { numRuns },
    );
  });

  it("become what every reader of JSON takes, and are read back from what JavaScript writes", () => {
    fc.assert(
      fc.property(requests, (bytes) => {
        const json = encodeJson(dataFromBytes(signal, bytes));
        const document = JSON.parse(json.toString(), (_key, value) => (Object.is(value, -0) ? "-0" : value));
        for (const indent of [0, 2]) {
          const rewritten = Buffer.from(JSON.stringify(document, null, indent));
          expect(encodeJson(decodeJson(signal, rewritten))).toEqual(json);
        }
      }),
      { numRuns },
    );
  });

  it("pass through, are joined and split with every byte of what nobody knows", () => {
    fc.assert(
      fc.property(requests, requests, fc.integer({ min: 1, max: 5 }), (first, second, size) => {
        expect(dataFromBytes(signal, first).bytes()).toBe(first);
        const all = dataFromBytes(signal, Buffer.concat([first, second]));
        const parts = all.split(size);
        expect(parts.flatMap((part) => items(signal, part.bytes()))).toEqual([
          ...items(signal, first),
          ...items(signal, second),
        ]);
        const full = parts.slice(0, -1).map((part) => part.itemCount);
        expect(full).toEqual(full.map(() => size));
      }),
      { numRuns },
    );
  });
});
