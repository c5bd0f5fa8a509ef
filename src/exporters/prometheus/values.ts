// What a series has: the last data point in as little memory as it needs. Counts are numbers, as all of Prometheus' are.
import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  NumberPoint,
  SummaryPoint,
} from "../../pdata/decode/points.ts";

/** Times in nanoseconds since the epoch. */
interface Timed {
  readonly startTime: bigint;
  readonly time: bigint;
}

/** An exemplar as it is shown. */
export interface ShownExemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  readonly time: bigint;
}

export interface NumberValue extends Timed {
  readonly type: "number";
  /** A bigint as long as it was an int64, so that deltas add up exactly. */
  readonly value: number | bigint;
  readonly exemplars: readonly ShownExemplar[];
}

export interface HistogramValue extends Timed {
  readonly type: "histogram";
  readonly count: number;
  readonly sum: number;
  readonly bounds: readonly number[];
  /** Per bucket, not cumulative. */
  readonly counts: readonly number[];
  readonly exemplars: readonly ShownExemplar[];
}

export interface Buckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

export interface ExponentialValue extends Timed {
  readonly type: "exponential";
  readonly count: number;
  readonly sum: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
  readonly exemplars: readonly ShownExemplar[];
}

export interface SummaryValue extends Timed {
  readonly type: "summary";
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export type Value = NumberValue | HistogramValue | ExponentialValue | SummaryValue;

const NO_EXEMPLARS: readonly ShownExemplar[] = [];

function exemplarsOf(exemplars: readonly Exemplar[]): readonly ShownExemplar[] {
  if (exemplars.length === 0) return NO_EXEMPLARS;
  return exemplars.map(({ traceId, spanId, time, value }) => ({
    traceId,
    spanId,
    time,
    value: Number(value ?? 0),
  }));
}

function bucketsOf({ offset, bucketCounts }: ExponentialBuckets): Buckets {
  return { offset, counts: bucketCounts.map(Number) };
}

export function numberValue({ startTime, time, value = 0, exemplars }: NumberPoint): NumberValue {
  return { type: "number", startTime, time, value, exemplars: exemplarsOf(exemplars) };
}

export function histogramValue(point: HistogramPoint): HistogramValue {
  const { startTime, time, count, sum = 0, explicitBounds, bucketCounts, exemplars } = point;
  return {
    type: "histogram",
    startTime,
    time,
    count: Number(count),
    sum,
    bounds: explicitBounds,
    counts: bucketCounts.map(Number),
    exemplars: exemplarsOf(exemplars),
  };
}

export function exponentialValue(point: ExponentialHistogramPoint): ExponentialValue {
  const { startTime, time, count, sum = 0, scale, zeroCount, zeroThreshold, exemplars } = point;
  return {
    type: "exponential",
    startTime,
    time,
    count: Number(count),
    sum,
    scale,
    zeroCount: Number(zeroCount),
    zeroThreshold,
    positive: bucketsOf(point.positive),
    negative: bucketsOf(point.negative),
    exemplars: exemplarsOf(exemplars),
  };
}

export function summaryValue({ startTime, time, count, sum, quantiles }: SummaryPoint): SummaryValue {
  return { type: "summary", startTime, time, count: Number(count), sum, quantiles };
}
