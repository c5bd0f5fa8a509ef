// Decodes the data points of metrics.
import type { Reader } from "../protobuf/reader.ts";
import { type Attributes, pushAttribute } from "./common.ts";
import { type FieldTable, readFields, readId } from "./message.ts";

/** What all data points have; times are nanoseconds since the epoch. */
interface Point {
  readonly attributes: Attributes;
  readonly startTime: bigint;
  readonly time: bigint;
  /** Bit 0: no recorded value. */
  readonly flags: number;
}

/** A point of a gauge or sum. */
export interface NumberPoint extends Point {
  /** int64 as bigint, double as number; undefined when there is none. */
  readonly value: bigint | number | undefined;
  readonly exemplars: readonly Exemplar[];
}

export interface HistogramPoint extends Point {
  readonly count: bigint;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly bucketCounts: readonly bigint[];
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly Exemplar[];
}

export interface ExponentialHistogramPoint extends Point {
  readonly count: bigint;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly scale: number;
  readonly zeroCount: bigint;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
  readonly exemplars: readonly Exemplar[];
}

export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly bigint[];
}

export interface SummaryPoint extends Point {
  readonly count: bigint;
  readonly sum: number;
  readonly quantiles: readonly Quantile[];
}

export interface Quantile {
  readonly quantile: number;
  readonly value: number;
}

export interface Exemplar {
  readonly filteredAttributes: Attributes;
  readonly time: bigint;
  readonly value: bigint | number | undefined;
  readonly traceId: string;
  readonly spanId: string;
}

export function readNumberPoint(reader: Reader): NumberPoint {
  return readFields(reader, { ...emptyPoint(), value: undefined, exemplars: [] }, NUMBER_POINT);
}

export function readHistogramPoint(reader: Reader): HistogramPoint {
  const empty = { ...emptyPoint(), ...emptyDistribution(), bucketCounts: [], explicitBounds: [] };
  return readFields(reader, empty, HISTOGRAM_POINT);
}

export function readExponentialHistogramPoint(reader: Reader): ExponentialHistogramPoint {
  const buckets = { offset: 0, bucketCounts: [] };
  const empty = { scale: 0, zeroCount: 0n, zeroThreshold: 0, positive: buckets, negative: buckets };
  return readFields(reader, { ...emptyPoint(), ...emptyDistribution(), ...empty }, EXPONENTIAL_POINT);
}

export function readSummaryPoint(reader: Reader): SummaryPoint {
  return readFields(reader, { ...emptyPoint(), count: 0n, sum: 0, quantiles: [] }, SUMMARY_POINT);
}

function emptyPoint(): Point {
  return { attributes: [], startTime: 0n, time: 0n, flags: 0 };
}

function emptyDistribution(): Pick<HistogramPoint, "count" | "sum" | "min" | "max" | "exemplars"> {
  return { count: 0n, sum: undefined, min: undefined, max: undefined, exemplars: [] };
}

function pushExemplar(exemplars: readonly Exemplar[], field: Reader): void {
  const empty = { filteredAttributes: [], time: 0n, value: undefined, traceId: "", spanId: "" };
  (exemplars as Exemplar[]).push(readFields(field.message(), empty, EXEMPLAR));
}

function readBuckets(reader: Reader): ExponentialBuckets {
  return readFields(reader, { offset: 0, bucketCounts: [] }, EXPONENTIAL_BUCKETS);
}

/** Fields 2 and 3, the same in every point. */
const TIMES: FieldTable<Point> = {
  2: (into, field) => {
    into.startTime = field.fixed64();
  },
  3: (into, field) => {
    into.time = field.fixed64();
  },
};

const NUMBER_POINT: FieldTable<NumberPoint> = {
  ...TIMES,
  4: (into, field) => {
    into.value = field.double();
  },
  5: (into, field) => pushExemplar(into.exemplars, field),
  6: (into, field) => {
    into.value = field.sfixed64();
  },
  7: (into, field) => pushAttribute(into.attributes, field),
  8: (into, field) => {
    into.flags = field.uint32();
  },
};

const HISTOGRAM_POINT: FieldTable<HistogramPoint> = {
  ...TIMES,
  4: (into, field) => {
    into.count = field.fixed64();
  },
  5: (into, field) => {
    into.sum = field.double();
  },
  6: (into, field) => field.pushFixed64(into.bucketCounts as bigint[]),
  7: (into, field) => field.pushDoubles(into.explicitBounds as number[]),
  8: (into, field) => pushExemplar(into.exemplars, field),
  9: (into, field) => pushAttribute(into.attributes, field),
  10: (into, field) => {
    into.flags = field.uint32();
  },
  11: (into, field) => {
    into.min = field.double();
  },
  12: (into, field) => {
    into.max = field.double();
  },
};

const EXPONENTIAL_POINT: FieldTable<ExponentialHistogramPoint> = {
  ...TIMES,
  1: (into, field) => pushAttribute(into.attributes, field),
  4: (into, field) => {
    into.count = field.fixed64();
  },
  5: (into, field) => {
    into.sum = field.double();
  },
  6: (into, field) => {
    into.scale = field.sint32();
  },
  7: (into, field) => {
    into.zeroCount = field.fixed64();
  },
  8: (into, field) => {
    into.positive = readBuckets(field.message());
  },
  9: (into, field) => {
    into.negative = readBuckets(field.message());
  },
  10: (into, field) => {
    into.flags = field.uint32();
  },
  11: (into, field) => pushExemplar(into.exemplars, field),
  12: (into, field) => {
    into.min = field.double();
  },
  13: (into, field) => {
    into.max = field.double();
  },
  14: (into, field) => {
    into.zeroThreshold = field.double();
  },
};

const EXPONENTIAL_BUCKETS: FieldTable<ExponentialBuckets> = {
  1: (into, field) => {
    into.offset = field.sint32();
  },
  2: (into, field) => field.pushUint64(into.bucketCounts as bigint[]),
};

const SUMMARY_POINT: FieldTable<SummaryPoint> = {
  ...TIMES,
  4: (into, field) => {
    into.count = field.fixed64();
  },
  5: (into, field) => {
    into.sum = field.double();
  },
  6: (into, field) => {
    const empty = { quantile: 0, value: 0 };
    (into.quantiles as Quantile[]).push(readFields(field.message(), empty, QUANTILE));
  },
  7: (into, field) => pushAttribute(into.attributes, field),
  8: (into, field) => {
    into.flags = field.uint32();
  },
};

const QUANTILE: FieldTable<Quantile> = {
  1: (into, field) => {
    into.quantile = field.double();
  },
  2: (into, field) => {
    into.value = field.double();
  },
};

const EXEMPLAR: FieldTable<Exemplar> = {
  2: (into, field) => {
    into.time = field.fixed64();
  },
  3: (into, field) => {
    into.value = field.double();
  },
  4: (into, field) => {
    into.spanId = readId(field, 8);
  },
  5: (into, field) => {
    into.traceId = readId(field, 16);
  },
  6: (into, field) => {
    into.value = field.sfixed64();
  },
  7: (into, field) => pushAttribute(into.filteredAttributes, field),
};
