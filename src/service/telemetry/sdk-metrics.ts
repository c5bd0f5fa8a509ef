// The agent's own metrics in the shape of the OpenTelemetry SDK, cumulative or as differences since the last reading.
import type { HrTime } from "@opentelemetry/api";
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
  type ScopeMetrics,
} from "@opentelemetry/sdk-metrics";
import type { Labels } from "../../component/index.ts";
import type { NumberSeries } from "./counters.ts";
import type { Histogram } from "./histogram.ts";
import type { SentResource } from "./resource.ts";
import { sdkResource } from "./sdk-resource.ts";
import type { Metric } from "./views.ts";

/** What is read of a series that only grows. */
interface Reading {
  readonly sum: number;
  readonly buckets: readonly number[];
}

const NOTHING: Reading = { sum: 0, buckets: [] };

/** Gives the SDK's readers what `read` gives. */
export class CountersProducer implements MetricProducer {
  readonly #resource: SentResource;
  readonly #read: () => readonly Metric[];
  readonly #delta: boolean;
  /** The last reading of each series, when differences are wanted. */
  readonly #last = new Map<string, Reading>();
  #start: HrTime = now();

  constructor(resource: SentResource, read: () => readonly Metric[], delta: boolean) {
    this.#resource = resource;
    this.#read = read;
    this.#delta = delta;
  }

  async collect(): ReturnType<MetricProducer["collect"]> {
    const end = now();
    const byScope = Map.groupBy(this.#read(), ({ scope }) => scope);
    const scopeMetrics = [...byScope].map(
      ([name, metrics]): ScopeMetrics => ({
        scope: { name },
        metrics: metrics.map((metric) => this.#metric(metric, end)),
      }),
    );
    if (this.#delta) this.#start = end;
    return { resourceMetrics: { resource: sdkResource(this.#resource), scopeMetrics }, errors: [] };
  }

  #metric(metric: Metric, endTime: HrTime): MetricData {
    const { name, help, unit, type } = metric;
    const common = {
      descriptor: { name, description: help, unit, valueType: 1 },
      aggregationTemporality: this.#delta ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
    };
    const times = { startTime: this.#start, endTime };
    const numbers = metric.series as readonly NumberSeries[];
    if (type === "gauge") {
      const dataPoints = numbers.map(({ labels, value }) => ({ ...times, attributes: labels, value }));
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
    }
    if (type === "counter") {
      const dataPoints = numbers.map((one) => {
        const { sum } = this.#since(one.name, one.labels, { sum: one.value, buckets: [] });
        return { ...times, attributes: one.labels, value: sum };
      });
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
    }
    const histograms = metric.series as readonly Histogram[];
    const dataPoints = histograms.map(({ labels, bounds, bucketCounts, sum: total }) => {
      const { sum, buckets } = this.#since(name, labels, { sum: total, buckets: [...bucketCounts] });
      const count = buckets.reduce((a, b) => a + b, 0);
      const value = { buckets: { boundaries: [...bounds], counts: [...buckets] }, sum, count };
      return { ...times, attributes: labels, value };
    });
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }

  /** What was added since the last time; everything, when cumulative. */
  #since(name: string, labels: Labels, reading: Reading): Reading {
    if (!this.#delta) return reading;
    const key = `${name} ${JSON.stringify(Object.entries(labels))}`;
    const { sum, buckets } = this.#last.get(key) ?? NOTHING;
    this.#last.set(key, reading);
    return {
      sum: reading.sum - sum,
      buckets: reading.buckets.map((count, index) => count - (buckets[index] ?? 0)),
    };
  }
}

function now(): HrTime {
  const ms = Date.now();
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6];
}
