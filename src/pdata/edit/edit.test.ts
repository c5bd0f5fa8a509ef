import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { data } from "../../../test/support/data.ts";
import { toObject } from "../decode/common.ts";
import { decodeLogs } from "../decode/logs.ts";
import { decodeMetrics } from "../decode/metrics.ts";
import { decodeTraces } from "../decode/traces.ts";
import { concatData, dataFromBytes, type Signal } from "../index.ts";
import { attributeKey } from "./attributes-editor.ts";
import { editData } from "./edit.ts";

const KEY = attributeKey("wattspan.test");
const SIGNALS: readonly Signal[] = ["traces", "metrics", "logs"];

function every<S extends Signal>(signal: S) {
  const url = new URL(`../testdata/every-field-${signal}.bin`, import.meta.url);
  return dataFromBytes(signal, readFileSync(url));
}

function decode(signal: Signal, bytes: Uint8Array): unknown {
  if (signal === "traces") return decodeTraces(bytes);
  return signal === "metrics" ? decodeMetrics(bytes) : decodeLogs(bytes);
}

describe("editing a request", () => {
  it.each(SIGNALS)("gives the same object where nothing was changed: %s", (signal) => {
    const given = every(signal);
    expect(editData(given, { item: () => true, resource: () => {} })).toBe(given);
  });

  it.each(SIGNALS)("rewrites everything without a loss: %s", (signal) => {
    const given = every(signal);
    const same = editData(given, {
      resource: ({ attributes }) => attributes.set(KEY, "x"),
      item({ attributes }) {
        attributes.set(KEY, 1n);
        return true;
      },
    });
    expect(same.itemCount).toBe(given.itemCount);
    const back = editData(same, {
      resource: ({ attributes }) => attributes.delete(KEY),
      item({ attributes }) {
        attributes.delete(KEY);
        return true;
      },
    });
    expect(decode(signal, back.bytes())).toEqual(decode(signal, given.bytes()));
  });

  it("reads, sets, adds and deletes attributes of every kind", () => {
    const given = every("traces");
    const values = {
      text: "zwölf",
      flag: true,
      whole: -(2n ** 63n),
      real: 0.5,
      raw: Buffer.from([0, 255]),
      list: ["a", [1n, undefined], { entries: [{ key: "k", value: "v" }] }],
      nothing: undefined,
    };
    const edited = editData(given, {
      item({ attributes }) {
        for (const key of attributes.keys()) attributes.delete(attributeKey(key));
        for (const [key, value] of Object.entries(values)) attributes.set(attributeKey(key), value);
        attributes.set(attributeKey("text"), `${attributes.get(attributeKey("text"))}!`);
        return true;
      },
    });
    const spans = decodeTraces(edited.bytes()).flatMap(({ scopes }) => scopes.flatMap(({ items }) => items));
    expect(spans.length).toBeGreaterThan(0);
    for (const span of spans) expect(toObject(span.attributes)).toEqual({ ...values, text: "zwölf!" });
  });

  it("changes the first of equal keys, and finds what was added before", () => {
    const key = attributeKey("twice");
    const seen: unknown[] = [];
    const edited = editData(data("traces", 1), {
      item({ attributes }) {
        seen.push(attributes.has(key));
        attributes.set(key, 1n);
        attributes.set(key, 2n);
        seen.push(attributes.has(key), attributes.get(key), attributes.keys());
        return true;
      },
    });
    const [span] = decodeTraces(edited.bytes())[0]!.scopes[0]!.items;
    expect(span!.attributes).toEqual([{ key: "twice", value: 2n }]);
    expect(seen).toEqual([false, true, 2n, ["twice"]]);
  });

  it.each(SIGNALS)("drops items, and what held only them: %s", (signal) => {
    const given = concatData(signal, [data(signal, 3), data(signal, 2)]);
    let seen = 0;
    const edited = editData(given, { item: () => ++seen > 3 });
    expect(edited.itemCount).toBe(2);
    expect(edited.resourceCount).toBe(1);
    expect(editData(given, { item: () => false }).byteLength).toBe(0);
  });

  it("leaves the points of a metric alone where it is told so", () => {
    const given = every("metrics");
    const names: string[] = [];
    const edited = editData(given, {
      metric(metric) {
        names.push(metric.text(1));
        return false;
      },
      item: () => false,
    });
    expect(edited).toBe(given);
    expect(names).toEqual(
      decodeMetrics(given.bytes()).flatMap(({ scopes }) =>
        scopes.flatMap(({ items }) => items.map(({ name }) => name)),
      ),
    );
  });

  it("shows the resource, scope and fields of each item", () => {
    const given = every("traces");
    const seen: unknown[] = [];
    editData(given, {
      item(span, { resource, scope }) {
        seen.push([
          resource.attributes.keys(),
          scope.text(1),
          scope.text(2),
          span.text(5),
          span.uint32(6),
          Buffer.from(span.bytes(1)).toString("hex"),
        ]);
        return true;
      },
    });
    expect(seen).toEqual(
      decodeTraces(given.bytes()).flatMap(({ resource, scopes }) =>
        scopes.flatMap(({ scope, items }) =>
          items.map((span) => [
            resource.attributes.map(({ key }) => key),
            scope.name,
            scope.version,
            span.name,
            span.kind,
            span.traceId,
          ]),
        ),
      ),
    );
  });

  it("sets a text field, which replaces the one that was there", () => {
    const edited = editData(every("traces"), {
      item(span) {
        span.setText(3, "ot=th:8");
        return true;
      },
    });
    const states = decodeTraces(edited.bytes()).flatMap(({ scopes }) =>
      scopes.flatMap(({ items }) => items.map(({ traceState }) => traceState)),
    );
    expect(new Set(states)).toEqual(new Set(["ot=th:8"]));
  });

  it("adds a resource where a request has none", () => {
    const edited = editData(data("traces", 1), { resource: ({ attributes }) => attributes.set(KEY, "x") });
    expect(toObject(decodeTraces(edited.bytes())[0]!.resource.attributes)).toEqual({ "wattspan.test": "x" });
  });

  it("refuses bytes that are not protobuf", () => {
    const broken = dataFromBytes("traces", Buffer.from([0x0a, 0x05, 0x12, 0x7f]));
    expect(() => editData(broken, { item: () => true })).toThrow("malformed protobuf");
  });
});
