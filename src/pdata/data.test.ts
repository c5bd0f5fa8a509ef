import { describe, expect, it } from "vitest";
import { concatData, dataFromBytes, Logs, Metrics, Traces } from "./data.ts";
import { decodeMetrics } from "./decode/metrics.ts";
import { decodeTraces } from "./decode/traces.ts";
import { internKey } from "./keys.ts";
import { MetricsBuilder } from "./metrics-builder.ts";
import { Nanos } from "./nanos.ts";
import { TracesBuilder } from "./traces-builder.ts";

const NAME = internKey("name");

/** `resources` resources of two scopes of `perScope` spans, named in order. */
function traces(resources: number, perScope: number): Traces {
  const builder = new TracesBuilder(64);
  let n = 0;
  for (let r = 0; r < resources; r++) {
    builder.beginResource("r-url").strAttr(NAME, `r${r}`);
    for (const scope of ["s0", "s1"]) {
      builder.beginScope(scope, "1", "s-url");
      for (let i = 0; i < perScope; i++) builder.beginSpan().name(`span${n++}`).endSpan();
    }
  }
  return builder.finish();
}

/** Two metrics of `points` points each. */
function metrics(points: number): Metrics {
  const builder = new MetricsBuilder(64);
  const time = new Nanos().setU32(1, 0);
  builder.beginResource().strAttr(NAME, "r").beginScope("s");
  builder.beginSum({ name: "sum", unit: "1", description: "d" }, true);
  for (let i = 0; i < points; i++) builder.beginPoint(time).intValue(i).endPoint();
  builder.endMetric().beginHistogram({ name: "histogram", unit: "s", description: "" });
  for (let i = 0; i < points; i++) builder.beginPoint(time).count(i).endPoint();
  return builder.endMetric().finish();
}

function spanNames(data: Traces): string[] {
  return decodeTraces(data.bytes()).flatMap((r) => r.scopes.flatMap((s) => s.items.map((span) => span.name)));
}

/** Where each span is: its resource, scope and name. */
function places(data: Traces): string[] {
  return decodeTraces(data.bytes()).flatMap((r) =>
    r.scopes.flatMap((s) =>
      s.items.map(
        (i) => `${r.schemaUrl} ${r.resource.attributes[0]?.value} ${s.scope.name} ${s.schemaUrl} ${i.name}`,
      ),
    ),
  );
}

describe("data", () => {
  it("counts spans, data points and log records without decoding them", () => {
    expect(Traces.fromBytes(traces(3, 5).bytes()).itemCount).toBe(30);
    expect(Metrics.fromBytes(metrics(4).bytes()).itemCount).toBe(8);
    expect(Logs.fromBytes(traces(1, 2).bytes()).itemCount).toBe(4); // logs nest like traces
    expect(Traces.fromBytes(new Uint8Array()).itemCount).toBe(0);
    expect(traces(3, 5).resourceCount).toBe(3);
  });

  it("puts requests one after the other without copying them", () => {
    const [a, b] = [traces(1, 1), traces(2, 1)];
    const both = Traces.concat(a, b);
    expect(both.chunks).toEqual([a.bytes(), b.bytes()]);
    expect(both.itemCount).toBe(6);
    expect(both.byteLength).toBe(a.byteLength + b.byteLength);
    expect(spanNames(both)).toEqual([...spanNames(a), ...spanNames(b)]);
    expect(concatData("traces", [a, b]).bytes()).toEqual(both.bytes());
    expect(Traces.concat().bytes()).toEqual(Buffer.alloc(0));
    expect(dataFromBytes("metrics", metrics(1).bytes())).toBeInstanceOf(Metrics);
  });

  it("clones with the same items", () => {
    const data = traces(1, 2);
    expect(data.clone()).not.toBe(data);
    expect(spanNames(data.clone())).toEqual(spanNames(data));
  });

  it.each([1, 2, 3, 4, 5, 7, 11, 23, 24])(
    "splits into parts of %i spans, each with its resource and scope",
    (max) => {
      const data = Traces.concat(traces(2, 3), traces(2, 3));
      const parts = data.split(max);
      expect(parts.map((part) => part.itemCount)).toEqual(sizes(24, max));
      expect(parts.map((part) => Traces.fromBytes(part.bytes()).itemCount)).toEqual(sizes(24, max));
      expect(parts.flatMap(places)).toEqual(places(data));
    },
  );

  it.each([1, 2, 3, 5, 6, 7])(
    "splits a metric's points into parts of %i, each with the metric's description",
    (max) => {
      const data = metrics(5);
      const parts = data.split(max);
      expect(parts.map((part) => Metrics.fromBytes(part.bytes()).itemCount)).toEqual(sizes(10, max));
      const points = parts.flatMap((part) =>
        decodeMetrics(part.bytes()).flatMap((r) =>
          r.scopes.flatMap((s) =>
            s.items.flatMap(({ name, unit, data: of }) =>
              (of?.points ?? []).map((p) => [
                name,
                unit,
                of && "temporality" in of && of.temporality,
                "value" in p ? p.value : "count" in p && p.count,
              ]),
            ),
          ),
        ),
      );
      expect(points).toEqual([
        ...[0n, 1n, 2n, 3n, 4n].map((value) => ["sum", "1", 2, value]),
        ...[0n, 1n, 2n, 3n, 4n].map((value) => ["histogram", "s", 2, value]),
      ]);
    },
  );

  it("gives itself back when it need not be split, and shares bytes that are not cut", () => {
    const data = traces(2, 2);
    expect(data.split(8)).toEqual([data]);
    const [first] = data.split(4);
    expect(first!.bytes().buffer).toBe(data.bytes().buffer);
    expect(() => data.split(0)).toThrow("parts of 0 items");
  });

  it("says what is wrong with bytes that are not protobuf, when they are first walked", () => {
    const truncated = Traces.fromBytes(traces(1, 1).bytes().subarray(0, 20));
    expect(() => truncated.itemCount).toThrow(
      "malformed protobuf: field 1 at byte 0 runs past the end of its message",
    );
    expect(() => truncated.split(1)).toThrow("malformed protobuf");
    expect(() => Traces.fromBytes(Buffer.from("0801", "hex")).itemCount).toThrow("wire type 0, expected 2");
    expect(() => Traces.fromBytes(Buffer.from("0b", "hex")).itemCount).toThrow("wire type 3");
    expect(() => Traces.fromBytes(Buffer.from("0001", "hex")).itemCount).toThrow("field number 0");
    expect(() => Traces.fromBytes(Buffer.alloc(20, 0xff)).itemCount).toThrow("no tag or length");
  });
});

/** `total` cut into parts of `max`. */
function sizes(total: number, max: number): number[] {
  const parts = new Array<number>(Math.floor(total / max)).fill(max);
  return total % max ? [...parts, total % max] : parts;
}
