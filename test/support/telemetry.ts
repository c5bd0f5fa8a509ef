// What an OTLP receiver was sent, in the shape that end-to-end tests compare.
import { type AnyValue, type Attributes, toObject } from "../../src/pdata/decode/common.ts";
import type { HistogramPoint } from "../../src/pdata/decode/points.ts";
import type { Span } from "../../src/pdata/decode/traces.ts";
import type { OtlpReceiver } from "./otlp-receiver.ts";

/** Attributes as an object; whole numbers as numbers. */
export type Plain = Readonly<Record<string, unknown>>;

/** A span with its attributes and its resource's made plain. */
export interface PlainSpan extends Omit<Span, "attributes"> {
  readonly attributes: Plain;
  readonly resource: Plain;
  readonly scope: string;
}

/** Attributes as an object in which int64 values are numbers. */
export function plain(attributes: Attributes): Plain {
  return Object.fromEntries(
    Object.entries(toObject(attributes)).map(([key, value]) => [key, plainValue(value)]),
  );
}

function plainValue(value: AnyValue): unknown {
  if (typeof value === "bigint") return Number(value);
  return Array.isArray(value) ? value.map(plainValue) : value;
}

/** All spans the receiver took. */
export function spansOf(receiver: OtlpReceiver): PlainSpan[] {
  return receiver.traces.flatMap(({ resource, scopes }) =>
    scopes.flatMap(({ scope, items }) =>
      items.map((span) => ({
        ...span,
        attributes: plain(span.attributes),
        resource: plain(resource.attributes),
        scope: scope.name,
      })),
    ),
  );
}

/** One series of a histogram: its last point, or the sum of its points when they are deltas. */
export interface Series {
  readonly resource: Plain;
  readonly attributes: Plain;
  readonly count: number;
  readonly sum: number;
  readonly bucketCounts: readonly number[];
  readonly bounds: readonly number[];
}

const DELTA = 1;

/** The series of the histogram `name`. */
export function seriesOf(receiver: OtlpReceiver, name: string): Series[] {
  const found = new Map<string, Series>();
  for (const { resource, scopes } of receiver.metrics)
    for (const { data, name: itsName } of scopes.flatMap(({ items }) => items)) {
      if (itsName !== name || data?.type !== "histogram") continue;
      for (const point of data.points)
        addPoint(found, plain(resource.attributes), point, data.temporality === DELTA);
    }
  return [...found.values()];
}

function addPoint(
  found: Map<string, Series>,
  resource: Plain,
  point: HistogramPoint,
  isDelta: boolean,
): void {
  const attributes = plain(point.attributes);
  const key = JSON.stringify([sorted(resource), sorted(attributes)]);
  const before = isDelta ? found.get(key) : undefined;
  found.set(key, {
    resource,
    attributes,
    count: Number(point.count) + (before?.count ?? 0),
    sum: (point.sum ?? 0) + (before?.sum ?? 0),
    bucketCounts: point.bucketCounts.map((count, i) => Number(count) + (before?.bucketCounts[i] ?? 0)),
    bounds: point.explicitBounds,
  });
}

function sorted(attributes: Plain): [string, unknown][] {
  return Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** `items` counted by what `keyOf` says, keys in alphabetical order. */
export function countBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  weigh: (item: T) => number,
): Plain {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + weigh(item);
  return Object.fromEntries(sorted(counts));
}
