// The kinds of data a metric may have, by their field in OTLP's Metric: what each becomes, and how its points are read.
import type { Attributes } from "../../pdata/decode/common.ts";
import {
  readExponentialHistogramPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from "../../pdata/decode/points.ts";
import type { Reader } from "../../pdata/protobuf/reader.ts";
import { CUMULATIVE, DELTA } from "./accumulate.ts";
import { exponentialValue, histogramValue, numberValue, summaryValue, type Value } from "./values.ts";

export type FamilyType = "counter" | "gauge" | "histogram" | "summary";

/** A data point as it is stored. */
export interface Point {
  readonly attributes: Attributes;
  readonly flags: number;
  readonly value: Value;
}

export interface PointKind {
  /** Undefined where it depends on whether a sum is monotonic. */
  readonly type: FamilyType | undefined;
  /** Whether the data says if its points are deltas. */
  readonly temporal: boolean;
  /** The number of a data point's field `attributes`. */
  readonly attributesField: number;
  read(point: Reader): Point;
}

/** By the field of OTLP's Metric that has the data. */
export const POINT_KINDS: Readonly<Record<number, PointKind>> = {
  5: kind("gauge", false, 7, readNumberPoint, numberValue),
  7: kind(undefined, true, 7, readNumberPoint, numberValue),
  9: kind("histogram", true, 9, readHistogramPoint, histogramValue),
  10: kind("histogram", true, 1, readExponentialHistogramPoint, exponentialValue),
  11: kind("summary", false, 7, readSummaryPoint, summaryValue),
};

function kind<P extends { readonly attributes: Attributes; readonly flags: number }>(
  type: FamilyType | undefined,
  temporal: boolean,
  attributesField: number,
  readPoint: (reader: Reader) => P,
  toValue: (point: P) => Value,
): PointKind {
  const read = (reader: Reader) => {
    const point = readPoint(reader);
    return { attributes: point.attributes, flags: point.flags, value: toValue(point) };
  };
  return { type, temporal, attributesField, read };
}

/** Undefined when there is no way to show it: a sum of deltas that may shrink, or data that do not say if they are deltas. */
export function familyType(
  { type, temporal }: PointKind,
  temporality: number,
  monotonic: boolean,
): FamilyType | undefined {
  if (!temporal) return type;
  if (temporality !== CUMULATIVE && temporality !== DELTA) return undefined;
  if (type) return type;
  if (monotonic) return "counter";
  return temporality === CUMULATIVE ? "gauge" : undefined;
}
