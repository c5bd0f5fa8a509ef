// Compares what was written with what a client was told to send. Each check throws at the first difference.
import assert from "node:assert/strict";
import {
  expectedLogs,
  expectedMetrics,
  expectedSpans,
  type SpanId,
  type Traits,
  withValuesOfBuckets,
} from "./expected.ts";
import { attribute, type Found, type Written } from "./found.ts";
import { canonical, type Message } from "./otlp-json.ts";
import type { Workload } from "./workload.ts";

/** A client's part of the bargain. */
export interface Sent {
  readonly workload: Workload;
  readonly ids: readonly SpanId[];
  /** It was told to send differences. */
  readonly isDelta: boolean;
  readonly traits: Traits;
}

/** Every span once, as it was sent. */
export function checkSpans({ workload, ids, traits }: Sent, { spans }: Written): void {
  assert.equal(spans.length, workload.spans.length, "as many spans as were sent");
  checkOwner(workload, spans);
  const found = new Map(spans.map(({ item }) => [item.spanId, item]));
  const expected = expectedSpans(workload, ids, traits);
  for (const span of expected) assert.deepEqual(found.get(span.spanId), span);
}

/** Every log record once, as it was sent. */
export function checkLogs({ workload, ids }: Sent, { logs }: Written): void {
  assert.equal(logs.length, workload.logs.length, "as many log records as were sent");
  checkOwner(workload, logs);
  const found = new Map(logs.map(({ item }) => [JSON.stringify(attribute(item, "index")), item]));
  const expected = expectedLogs(workload, ids);
  for (const log of expected) assert.deepEqual(found.get(JSON.stringify(attribute(log, "index"))), log);
}

/** Every metric once with every series, as it was sent, exemplars and times by what can be known of them. */
export function checkMetrics(sent: Sent, { metrics }: Written): void {
  assert.equal(metrics.length, sent.workload.metrics.length, "as many metrics as were sent");
  checkOwner(sent.workload, metrics);
  const found = new Map(metrics.map(({ item }) => [item.name, item]));
  for (const expected of expectedMetrics(sent.workload, sent.isDelta)) {
    const metric = found.get(expected.name);
    assert.ok(metric, `the metric ${expected.name}`);
    const [wanted, points] = [dataOf(expected), dataOf(metric)];
    assert.deepEqual({ ...metric, [points.kind]: undefined }, { ...expected, [wanted.kind]: undefined });
    assert.deepEqual({ ...points.data, dataPoints: [] }, { ...wanted.data, dataPoints: [] });
    for (const point of points.dataPoints) checkAside(point, sent);
    const values = wanted.dataPoints.map((point) => point.values as readonly number[]);
    const plain = inOrder(points.dataPoints).map(withoutAside);
    const comparable = wanted.kind === "exponentialHistogram" ? plain.map(withValuesOf(values)) : plain;
    assert.deepEqual(comparable, inOrder(wanted.dataPoints));
  }
  const withExemplars = metrics.filter(({ item }) =>
    dataOf(item).dataPoints.some((point) => point.exemplars),
  );
  assert.equal(withExemplars.length > 0, sent.traits.keepsExemplars, "metrics with exemplars");
}

function withValuesOf(values: readonly (readonly number[])[]): (point: Message, index: number) => Message {
  return (point, index) => withValuesOfBuckets(point, values[index]!);
}

/** All is of the one resource and scope that the client was told. */
function checkOwner({ resource, scope }: Workload, found: readonly Found[]): void {
  const { name, version, schemaUrl } = scope;
  const expected = { resource: canonical({ attributes: resource }), scope: { name, version }, schemaUrl };
  for (const { item: _, ...owner } of found) assert.deepEqual(owner, expected);
}

const KINDS = ["sum", "gauge", "histogram", "exponentialHistogram"] as const;

function dataOf(metric: Message): { kind: string; data: Message; dataPoints: readonly Message[] } {
  const kind = KINDS.find((name) => name in metric);
  assert.ok(kind, `the data of ${metric.name}`);
  const data = metric[kind] as Message;
  return { kind, data, dataPoints: data.dataPoints as readonly Message[] };
}

function inOrder(points: readonly Message[]): Message[] {
  const series = (point: Message) => Number((attribute(point, "series") as { intValue: string }).intValue);
  return [...points].sort((a, b) => series(a) - series(b));
}

function withoutAside({ timeUnixNano, startTimeUnixNano, exemplars, ...point }: Message): Message {
  return point;
}

/** A point is of this hour, began before it ended, and its exemplars lead to spans that were sent. */
function checkAside(point: Message, { ids }: Sent): void {
  const [start, time] = [Number(point.startTimeUnixNano ?? point.timeUnixNano), Number(point.timeUnixNano)];
  assert.ok(start <= time && Math.abs(Date.now() - time / 1e6) < 3_600_000, "times of a point");
  const { intValue: series } = attribute(point, "series") as { intValue: string };
  const { traceId, spanId } = ids[Number(series) * 5]!;
  for (const exemplar of (point.exemplars ?? []) as readonly Message[])
    assert.deepEqual([exemplar.traceId, exemplar.spanId], [traceId, spanId], "the span of an exemplar");
}
