// Exponential histograms as Prometheus' native ones: buckets in spans, counts as differences.
import { downscaled } from "./exponential.ts";
import type { Buckets, ExponentialValue } from "./values.ts";

/** Prometheus' finest resolution, to which finer ones are brought. */
const MAX_SCHEMA = 8;
/** A coarser one cannot be shown: buckets cannot be divided. */
export const MIN_SCHEMA = -4;
const DEFAULT_ZERO_THRESHOLD = 1e-128;
/** Empty buckets are written rather than skipped up to so many in a row. */
const MAX_GAP = 2;

/** Runs of buckets; `offset` counts from the end of the run before, or is the index of the first. */
export interface Spans {
  readonly spans: { readonly offset: number; length: number }[];
  /** Each bucket's count less that of the one before. */
  readonly deltas: readonly number[];
}

export interface NativeHistogram {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly positive: Spans;
  readonly negative: Spans;
}

export function toNative({ scale, zeroThreshold, positive, negative }: ExponentialValue): NativeHistogram {
  const schema = Math.min(scale, MAX_SCHEMA);
  const spans = (buckets: Buckets) => toSpans(downscaled(buckets, scale, schema));
  return {
    schema,
    zeroThreshold: zeroThreshold || DEFAULT_ZERO_THRESHOLD,
    positive: spans(positive),
    negative: spans(negative),
  };
}

/** Prometheus numbers buckets by their upper bound, OTLP by their lower. */
function toSpans({ offset, counts }: Buckets): Spans {
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let next = 0; // The index behind the last bucket written.
  let last = 0;
  const write = (count: number) => {
    deltas.push(count - last);
    last = count;
    next++;
  };
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const gap = offset + i + 1 - next;
    const span = spans.at(-1);
    if (!span || gap > MAX_GAP) {
      spans.push({ offset: gap, length: 1 });
      next += gap;
    } else {
      span.length += gap + 1;
      for (let empty = gap; empty > 0; empty--) write(0);
    }
    write(count);
  }
  return { spans, deltas };
}
