// `verbosity: normal`: a line per item, in the Collector's format.
import type { Attributes, ResourceItems, Scope } from "../../pdata/decode/common.ts";
import type { LogRecord } from "../../pdata/decode/logs.ts";
import type { Metric, MetricData } from "../../pdata/decode/metrics.ts";
import type {
  ExponentialHistogramPoint,
  HistogramPoint,
  NumberPoint,
  SummaryPoint,
} from "../../pdata/decode/points.ts";
import type { Span } from "../../pdata/decode/traces.ts";
import { valueText } from "../../pdata/value-text.ts";
import { shortest } from "../helper/go-float.ts";
import { fixed } from "./go.ts";

export function normalTraces(traces: readonly ResourceItems<Span>[]): string {
  return text(traces, "ResourceTraces", "ScopeTraces", (span) => [
    `${span.name} ${span.traceId} ${span.spanId}${spaced(span.attributes)}`,
  ]);
}

export function normalMetrics(metrics: readonly ResourceItems<Metric>[]): string {
  return text(metrics, "ResourceMetrics", "ScopeMetrics", ({ name, data }) =>
    (data ? points(data) : []).map(
      ([attributes, value]) => `${name}{${pairs(attributes).join(",")}} ${value}`,
    ),
  );
}

export function normalLogs(logs: readonly ResourceItems<LogRecord>[]): string {
  return text(logs, "ResourceLog", "ScopeLog", (record) => [
    `${valueText(record.body)} ${pairs(record.attributes).join(" ")}`,
  ]);
}

function text<T>(
  groups: readonly ResourceItems<T>[],
  resourceName: string,
  scopeName: string,
  itemLines: (item: T) => string[],
): string {
  const lines: string[] = [];
  for (const [i, { resource, schemaUrl, scopes }] of groups.entries()) {
    lines.push(`${resourceName} #${i}${schemaUrl && ` [${schemaUrl}]`}${spaced(resource.attributes)}`);
    for (const [j, { scope, schemaUrl: scopeUrl, items }] of scopes.entries()) {
      lines.push(`${scopeName} #${j}${scopeText(scope, scopeUrl)}${spaced(scope.attributes)}`);
      for (const item of items) lines.push(...itemLines(item));
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}

function scopeText({ name, version }: Scope, schemaUrl: string): string {
  const parts = [`${name}${version && `@${version}`}`, schemaUrl && `[${schemaUrl}]`].filter(Boolean);
  return parts.map((part) => ` ${part}`).join("");
}

function pairs(attributes: Attributes): string[] {
  return attributes.map(({ key, value }) => `${key}=${valueText(value)}`);
}

function spaced(attributes: Attributes): string {
  return pairs(attributes)
    .map((pair) => ` ${pair}`)
    .join("");
}

/** Each point's attributes and its value. */
function points(data: MetricData): [Attributes, string][] {
  switch (data.type) {
    case "gauge":
    case "sum":
      return data.points.map((point) => [point.attributes, numberText(point)]);
    case "histogram":
      return data.points.map((point) => [point.attributes, histogramText(point)]);
    case "exponentialHistogram":
      return data.points.map((point) => [point.attributes, exponentialText(point)]);
    case "summary":
      return data.points.map((point) => [point.attributes, summaryText(point)]);
  }
}

function numberText({ value }: NumberPoint): string {
  if (value === undefined) return "";
  return typeof value === "bigint" ? `${value}` : shortest(value);
}

function totals({ count, sum, min, max }: HistogramPoint | ExponentialHistogramPoint): string[] {
  const named = Object.entries({ sum, min, max }).map(([name, value]) =>
    value === undefined ? [] : [`${name}=${shortest(value)}`],
  );
  return [`count=${count}`, ...named.flat()];
}

function histogramText(point: HistogramPoint): string {
  const buckets = point.bucketCounts.map((count, i) => {
    const bound = point.explicitBounds[i];
    return bound === undefined ? `${count}` : `le${shortest(bound)}=${count}`;
  });
  return [...totals(point), ...buckets].join(" ");
}

/** Buckets from the lowest to the highest, by their upper bounds; computed as Go does, so that they differ in the last digit at most. */
function exponentialText(point: ExponentialHistogramPoint): string {
  const { scale, negative, positive, zeroCount } = point;
  const factor = Math.LN2 * 2 ** -scale;
  const below = negative.bucketCounts
    .map((count, i) => `le${shortest(-Math.exp((negative.offset + i) * factor))}=${count}`)
    .reverse();
  const zero = zeroCount > 0n ? [`zero=${zeroCount}`] : [];
  const above = positive.bucketCounts.map(
    (count, i) => `le${shortest(Math.exp((positive.offset + i + 1) * factor))}=${count}`,
  );
  return [...totals(point), ...below, ...zero, ...above].join(" ");
}

function summaryText({ count, sum, quantiles }: SummaryPoint): string {
  const each = quantiles.map(({ quantile, value }) => `q${shortest(quantile)}=${shortest(value)}`);
  return [`count=${count}`, `sum=${fixed(sum)}`, ...each].join(" ");
}
