// What of a metric can be shown in Prometheus, and as what.
import type { Attributes } from "../../pdata/decode/common.ts";
import type { MetricData } from "../../pdata/decode/metrics.ts";
import { CUMULATIVE, isSupported } from "./accumulate.ts";
import { exponentialValue, histogramValue, numberValue, summaryValue, type Value } from "./values.ts";

export type FamilyType = "counter" | "gauge" | "histogram" | "summary";

export interface ShownPoint {
  readonly attributes: Attributes;
  readonly flags: number;
}

export interface ShownMetric {
  readonly type: FamilyType;
  readonly temporality: number;
  readonly points: readonly ShownPoint[];
  readonly value: (index: number) => Value;
}

/** Undefined when there is no way to show it: a sum of deltas that may shrink, or one that says nothing of its deltas. */
export function toShown(data: MetricData): ShownMetric | undefined {
  switch (data.type) {
    case "gauge":
      return shown("gauge", CUMULATIVE, data.points, numberValue);
    case "sum": {
      if (!isSupported(data.temporality, data.monotonic)) return undefined;
      return shown(data.monotonic ? "counter" : "gauge", data.temporality, data.points, numberValue);
    }
    case "summary":
      return shown("summary", CUMULATIVE, data.points, summaryValue);
  }
  if (!isSupported(data.temporality)) return undefined;
  return data.type === "histogram"
    ? shown("histogram", data.temporality, data.points, histogramValue)
    : shown("histogram", data.temporality, data.points, exponentialValue);
}

function shown<P extends ShownPoint>(
  type: FamilyType,
  temporality: number,
  points: readonly P[],
  toValue: (point: P) => Value,
): ShownMetric {
  return { type, temporality, points, value: (index) => toValue(points[index]!) };
}
