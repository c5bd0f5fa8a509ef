// The metrics of `verbosity: detailed`.
import type { Metric, MetricData } from "../../pdata/decode/metrics.ts";
import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  NumberPoint,
  SummaryPoint,
} from "../../pdata/decode/points.ts";
import { fixed, timestamp } from "./go.ts";
import { attributeLines } from "./lines.ts";

const DATA_TYPES = {
  gauge: "Gauge",
  sum: "Sum",
  histogram: "Histogram",
  exponentialHistogram: "ExponentialHistogram",
  summary: "Summary",
} as const;
const TEMPORALITIES = ["Unspecified", "Delta", "Cumulative"];

export function metricLines(metric: Metric, index: number): string[] {
  const { data } = metric;
  return [
    `Metric #${index}`,
    "Descriptor:",
    `     -> Name: ${metric.name}`,
    `     -> Description: ${metric.description}`,
    `     -> Unit: ${metric.unit}`,
    `     -> DataType: ${data ? DATA_TYPES[data.type] : "Empty"}`,
    ...attributeLines("     -> Metadata", metric.metadata, "     "),
    ...(data ? dataLines(data) : []),
  ];
}

function dataLines(data: MetricData): string[] {
  switch (data.type) {
    case "gauge":
      return data.points.flatMap(numberLines);
    case "sum":
      return [
        `     -> IsMonotonic: ${data.monotonic}`,
        temporalityLine(data.temporality),
        ...data.points.flatMap(numberLines),
      ];
    case "histogram":
      return [temporalityLine(data.temporality), ...data.points.flatMap(histogramLines)];
    case "exponentialHistogram":
      return [temporalityLine(data.temporality), ...data.points.flatMap(exponentialLines)];
    case "summary":
      return data.points.flatMap(summaryLines);
  }
}

function temporalityLine(temporality: number): string {
  return `     -> AggregationTemporality: ${TEMPORALITIES[temporality] ?? ""}`;
}

/** What all points begin with. */
function pointLines(
  name: string,
  point: NumberPoint | HistogramPoint | ExponentialHistogramPoint | SummaryPoint,
  index: number,
): string[] {
  return [
    `${name} #${index}`,
    ...attributeLines("Data point attributes", point.attributes),
    `StartTimestamp: ${timestamp(point.startTime)}`,
    `Timestamp: ${timestamp(point.time)}`,
  ];
}

function numberLines(point: NumberPoint, index: number): string[] {
  return [
    ...pointLines("NumberDataPoints", point, index),
    ...valueLine("Value", point.value),
    ...exemplarLines(point.exemplars),
  ];
}

function histogramLines(point: HistogramPoint, index: number): string[] {
  return [
    ...pointLines("HistogramDataPoints", point, index),
    ...totalLines(point),
    ...point.explicitBounds.map((bound, i) => `ExplicitBounds #${i}: ${fixed(bound)}`),
    ...point.bucketCounts.map((count, i) => `Buckets #${i}, Count: ${count}`),
    ...exemplarLines(point.exemplars),
  ];
}

function exponentialLines(point: ExponentialHistogramPoint, index: number): string[] {
  const negative = bucketLines(
    point.negative,
    point.scale,
    (lower, upper) => `[${fixed(-upper)}, ${fixed(-lower)})`,
  );
  return [
    ...pointLines("ExponentialHistogramDataPoints", point, index),
    ...totalLines(point),
    ...negative.reverse(),
    ...(point.zeroCount === 0n ? [] : [`Bucket [0, 0], Count: ${point.zeroCount}`]),
    ...bucketLines(point.positive, point.scale, (lower, upper) => `(${fixed(lower)}, ${fixed(upper)}]`),
    ...exemplarLines(point.exemplars),
  ];
}

function bucketLines(
  { offset, bucketCounts }: ExponentialBuckets,
  scale: number,
  range: (lower: number, upper: number) => string,
): string[] {
  const factor = Math.LN2 * 2 ** -scale;
  return bucketCounts.map((count, i) => {
    const lower = Math.exp((offset + i) * factor);
    const upper = Math.exp((offset + i + 1) * factor);
    return `Bucket ${range(lower, upper)}, Count: ${count}`;
  });
}

function summaryLines(point: SummaryPoint, index: number): string[] {
  return [
    ...pointLines("SummaryDataPoints", point, index),
    `Count: ${point.count}`,
    `Sum: ${fixed(point.sum)}`,
    ...point.quantiles.map(
      ({ quantile, value }, i) => `QuantileValue #${i}: Quantile ${fixed(quantile)}, Value ${fixed(value)}`,
    ),
  ];
}

function totalLines({ count, sum, min, max }: HistogramPoint | ExponentialHistogramPoint): string[] {
  return [`Count: ${count}`, ...valueLine("Sum", sum), ...valueLine("Min", min), ...valueLine("Max", max)];
}

function valueLine(name: string, value: bigint | number | undefined): string[] {
  if (value === undefined) return [];
  return [`${name}: ${typeof value === "bigint" ? value : fixed(value)}`];
}

function exemplarLines(exemplars: readonly Exemplar[]): string[] {
  if (exemplars.length === 0) return [];
  const each = exemplars.flatMap((exemplar, i) => [
    `Exemplar #${i}`,
    `     -> Trace ID: ${exemplar.traceId}`,
    `     -> Span ID: ${exemplar.spanId}`,
    `     -> Timestamp: ${timestamp(exemplar.time)}`,
    ...valueLine("     -> Value", exemplar.value),
    ...attributeLines("     -> FilteredAttributes", exemplar.filteredAttributes, "     "),
  ]);
  return ["Exemplars:", ...each];
}
