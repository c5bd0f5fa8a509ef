// What a histogram says about its values: buckets of either kind as one, and the quantiles between them.
import type { ExponentialHistogramPoint, HistogramPoint } from "../../pdata/decode/points.ts";

/** Counts between bounds; of explicit ones the first bucket has no lower and the last no upper. */
export interface Distribution {
  readonly count: number;
  readonly sum: number | undefined;
  readonly buckets: readonly Bucket[];
}

export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** A quantile; with a side when all that is known is that it lies below or above `value`. */
export interface QuantileEstimate {
  readonly side: "" | "<" | ">";
  readonly value: number;
}

export function toDistribution(point: HistogramPoint | ExponentialHistogramPoint): Distribution {
  const buckets = "explicitBounds" in point ? explicitBuckets(point) : exponentialBuckets(point);
  return { count: Number(point.count), sum: point.sum, buckets };
}

/** What was added between two cumulative distributions; undefined when the later one began anew. */
export function since(before: Distribution, now: Distribution): Distribution | undefined {
  if (now.count < before.count) return undefined;
  const earlier = new Map(before.buckets.map((bucket) => [bucket.upper, bucket.count]));
  const buckets = now.buckets.map((bucket) => ({
    ...bucket,
    count: bucket.count - (earlier.get(bucket.upper) ?? 0),
  }));
  if (buckets.some((bucket) => bucket.count < 0)) return undefined; // Rescaled: the bounds are others.
  const sum = now.sum === undefined || before.sum === undefined ? undefined : now.sum - before.sum;
  return { count: now.count - before.count, sum, buckets };
}

/** The value below which the share `q` lies, taken to be spread evenly over its bucket where that has two ends. */
export function quantile({ buckets }: Distribution, q: number): QuantileEstimate | undefined {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  let rest = q * total;
  if (total === 0) return undefined;
  for (const { lower, upper, count } of buckets) {
    if (count > 0 && rest <= count) {
      if (upper === Number.POSITIVE_INFINITY) return { side: ">", value: lower };
      if (lower === Number.NEGATIVE_INFINITY) return { side: "<", value: upper };
      return { side: "", value: lower + (upper - lower) * (rest / count) };
    }
    rest -= count;
  }
  return undefined;
}

function explicitBuckets({ explicitBounds, bucketCounts }: HistogramPoint): Bucket[] {
  return bucketCounts.map((count, i) => ({
    lower: explicitBounds[i - 1] ?? Number.NEGATIVE_INFINITY,
    upper: explicitBounds[i] ?? Number.POSITIVE_INFINITY,
    count: Number(count),
  }));
}

function exponentialBuckets({ scale, zeroCount, positive, negative }: ExponentialHistogramPoint): Bucket[] {
  const base = 2 ** (2 ** -scale);
  const above = positive.bucketCounts.map((count, i) => ({
    lower: base ** (positive.offset + i),
    upper: base ** (positive.offset + i + 1),
    count: Number(count),
  }));
  const below = negative.bucketCounts.map((count, i) => ({
    lower: -(base ** (negative.offset + i + 1)),
    upper: -(base ** (negative.offset + i)),
    count: Number(count),
  }));
  return [...below.toReversed(), { lower: 0, upper: 0, count: Number(zeroCount) }, ...above];
}
