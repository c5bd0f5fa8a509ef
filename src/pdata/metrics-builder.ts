// Encodes metrics as OTLP, straight into bytes.
import { OtlpBuilder } from "./builder.ts";
import { Metrics } from "./data.ts";
import type { Nanos } from "./nanos.ts";

/** OTLP's AggregationTemporality. */
export const TEMPORALITY = { unspecified: 0, delta: 1, cumulative: 2 } as const;

/** What a metric is, apart from its points. */
export interface MetricDescriptor {
  readonly name: string;
  /** UCUM, as the semantic conventions write it: `s`, `By`, `{request}`. */
  readonly unit: string;
  readonly description: string;
}

/** Numbers as a kernel map or a plain array has them. */
export type Counts = ArrayLike<number> | ArrayLike<bigint>;

const METRIC = { metric: 0x12, name: 0x0a, description: 0x12, unit: 0x1a } as const;
const KIND = { gauge: 0x2a, sum: 0x3a, histogram: 0x4a } as const;
const DATA = { points: 0x0a, temporality: 0x10, monotonic: 0x18 } as const;
const TIME = { start: 0x11, time: 0x19 } as const;
const NUMBER = { attributes: 0x3a, asDouble: 0x21, asInt: 0x31, exemplars: 0x2a } as const;
const HISTOGRAM = {
  attributes: 0x4a,
  count: 0x21,
  sum: 0x29,
  buckets: 0x32,
  bounds: 0x3a,
  exemplars: 0x42,
  min: 0x59,
  max: 0x61,
} as const;
const EXEMPLAR = { time: 0x11, asDouble: 0x19, spanId: 0x22, traceId: 0x2a } as const;

/** Builds Metrics: begin a metric, then its points with their values and attributes. */
export class MetricsBuilder extends OtlpBuilder {
  #metric = 0;
  #data = 0;
  #point = 0;
  #pointAttributes = 0;
  #exemplars = 0;

  beginGauge(descriptor: MetricDescriptor): this {
    return this.#beginMetric(descriptor, KIND.gauge, NUMBER.attributes, NUMBER.exemplars);
  }

  beginSum(
    descriptor: MetricDescriptor,
    monotonic: boolean,
    temporality: number = TEMPORALITY.cumulative,
  ): this {
    this.#beginMetric(descriptor, KIND.sum, NUMBER.attributes, NUMBER.exemplars);
    this.out.uint32(DATA.temporality, temporality);
    if (monotonic) this.out.bool(DATA.monotonic, true);
    return this;
  }

  beginHistogram(descriptor: MetricDescriptor, temporality: number = TEMPORALITY.cumulative): this {
    this.#beginMetric(descriptor, KIND.histogram, HISTOGRAM.attributes, HISTOGRAM.exemplars);
    this.out.uint32(DATA.temporality, temporality);
    return this;
  }

  endMetric(): this {
    this.out.end(this.#data);
    this.endItem(this.#metric);
    return this;
  }

  /** Opens a data point of the open metric; a gauge has no `start`. */
  beginPoint(time: Nanos, start?: Nanos): this {
    this.#point = this.out.begin(DATA.points);
    this.attributesTag = this.#pointAttributes;
    this.items++;
    if (start) this.out.time(TIME.start, start);
    this.out.time(TIME.time, time);
    return this;
  }

  endPoint(): this {
    this.out.end(this.#point);
    return this;
  }

  /** The value of a sum's or gauge's point, as an integer. */
  intValue(value: number | bigint): this {
    this.out.fixed64(NUMBER.asInt, value);
    return this;
  }

  /** The value of a sum's or gauge's point. */
  doubleValue(value: number): this {
    this.out.double(NUMBER.asDouble, value);
    return this;
  }

  /** A histogram point's count. */
  count(value: number | bigint): this {
    this.out.fixed64(HISTOGRAM.count, value);
    return this;
  }

  sum(value: number): this {
    this.out.double(HISTOGRAM.sum, value);
    return this;
  }

  min(value: number): this {
    this.out.double(HISTOGRAM.min, value);
    return this;
  }

  max(value: number): this {
    this.out.double(HISTOGRAM.max, value);
    return this;
  }

  /** A histogram point's buckets: one count more than there are bounds. */
  buckets(counts: Counts, bounds: ArrayLike<number>): this {
    const { out } = this;
    out.reserve(12 + 8 * (counts.length + bounds.length));
    out.buf[out.pos++] = HISTOGRAM.buckets;
    out.rawVarint(8 * counts.length);
    for (let i = 0; i < counts.length; i++) out.rawFixed64(counts[i]!);
    out.buf[out.pos++] = HISTOGRAM.bounds;
    out.rawVarint(8 * bounds.length);
    for (let i = 0; i < bounds.length; i++) out.rawDouble(bounds[i]!);
    return this;
  }

  /** An exemplar of the open point, with its trace when `traceId` and `spanId` are given. */
  exemplar(value: number, time: Nanos, traceId?: Uint8Array, spanId?: Uint8Array): this {
    const { out } = this;
    const exemplar = out.begin(this.#exemplars);
    out.time(EXEMPLAR.time, time);
    out.double(EXEMPLAR.asDouble, value);
    if (spanId) out.bytes(EXEMPLAR.spanId, spanId);
    if (traceId) out.bytes(EXEMPLAR.traceId, traceId);
    out.end(exemplar);
    return this;
  }

  /** What was built; the builder is empty afterwards and can be used again. */
  finish(): Metrics {
    const count = this.items;
    return Metrics.fromBytes(this.finishBytes(), count);
  }

  #beginMetric(descriptor: MetricDescriptor, kind: number, attributes: number, exemplars: number): this {
    const { out } = this;
    this.#metric = this.beginItem(METRIC.metric, 0);
    out.string(METRIC.name, descriptor.name);
    if (descriptor.description) out.string(METRIC.description, descriptor.description);
    if (descriptor.unit) out.string(METRIC.unit, descriptor.unit);
    this.#data = out.begin(kind);
    this.#pointAttributes = attributes;
    this.#exemplars = exemplars;
    return this;
  }
}
