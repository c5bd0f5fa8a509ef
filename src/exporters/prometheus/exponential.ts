// Adds exponential histograms, which may differ in scale, offset and zero threshold.
import type { Buckets, ExponentialValue } from "./values.ts";

/** A hundred times what SDKs keep. Buckets so far apart are no histogram of one thing, and would need their space. */
const MAX_BUCKETS = 16_000;

/**
 * The sum of a series' value and the delta that follows it, at the coarser of the two scales. What cannot be one
 * histogram begins anew with `next`.
 */
export function addExponential(previous: ExponentialValue, next: ExponentialValue): ExponentialValue {
  const scale = Math.min(previous.scale, next.scale);
  const zeroThreshold = Math.max(previous.zeroThreshold, next.zeroThreshold);
  const [a, b] = [previous, next].map((value) => atScale(value, scale, zeroThreshold)) as [
    ExponentialValue,
    ExponentialValue,
  ];
  if (width(a.positive, b.positive) > MAX_BUCKETS || width(a.negative, b.negative) > MAX_BUCKETS) return next;
  return {
    ...next,
    startTime: previous.startTime,
    count: previous.count + next.count,
    sum: previous.sum + next.sum,
    scale,
    zeroThreshold,
    zeroCount: a.zeroCount + b.zeroCount,
    positive: merged(a.positive, b.positive),
    negative: merged(a.negative, b.negative),
  };
}

/** Moves buckets into those of a coarser scale, each of which holds `2 ** (from - to)` of them. */
export function downscaled({ offset, counts }: Buckets, from: number, to: number): Buckets {
  if (counts.length === 0 || from <= to) return { offset, counts };
  const factor = 2 ** (from - to);
  const first = Math.floor(offset / factor);
  const coarse: number[] = new Array(Math.floor((offset + counts.length - 1) / factor) - first + 1).fill(0);
  for (const [i, count] of counts.entries()) coarse[Math.floor((offset + i) / factor) - first]! += count;
  return { offset: first, counts: coarse };
}

function atScale(value: ExponentialValue, scale: number, zeroThreshold: number): ExponentialValue {
  const widened = zeroThreshold > value.zeroThreshold;
  const side = (buckets: Buckets) => {
    const coarse = downscaled(buckets, value.scale, scale);
    return widened ? withoutZeros(coarse, scale, zeroThreshold) : { buckets: coarse, zeros: 0 };
  };
  const [positive, negative] = [side(value.positive), side(value.negative)];
  const zeroCount = value.zeroCount + positive.zeros + negative.zeros;
  return { ...value, positive: positive.buckets, negative: negative.buckets, zeroCount };
}

/** Takes out the buckets that lie below the zero threshold. */
function withoutZeros(
  { offset, counts }: Buckets,
  scale: number,
  zeroThreshold: number,
): { readonly buckets: Buckets; readonly zeros: number } {
  const base = 2 ** (2 ** -scale);
  let below = 0;
  while (below < counts.length && base ** (offset + below + 1) <= zeroThreshold) below++;
  const zeros = counts.slice(0, below).reduce((sum, count) => sum + count, 0);
  return { buckets: { offset: offset + below, counts: counts.slice(below) }, zeros };
}

/** How many buckets both take, with those between them. */
function width(a: Buckets, b: Buckets): number {
  if (a.counts.length === 0 || b.counts.length === 0) return 0;
  return Math.max(a.offset + a.counts.length, b.offset + b.counts.length) - Math.min(a.offset, b.offset);
}

function merged(a: Buckets, b: Buckets): Buckets {
  if (a.counts.length === 0 || b.counts.length === 0) return a.counts.length > 0 ? a : b;
  const offset = Math.min(a.offset, b.offset);
  const end = Math.max(a.offset + a.counts.length, b.offset + b.counts.length);
  const counts: number[] = new Array(end - offset).fill(0);
  for (const side of [a, b]) {
    for (const [i, count] of side.counts.entries()) counts[side.offset - offset + i]! += count;
  }
  return { offset, counts };
}
