// The text formats: Prometheus 0.0.4 and OpenMetrics.
import { shortest } from "../helper/go-float.ts";
import { type Escaping, escapeName, isLegacyLabelName, isLegacyMetricName } from "./escaping.ts";
import { type Labels, labelsOf } from "./labels.ts";
import type { Family } from "./series-store.ts";
import type { HistogramValue, ShownExemplar, Value } from "./values.ts";

/** How a text is written. */
export interface TextOptions {
  readonly openMetrics: boolean;
  readonly escaping: Escaping;
  readonly timestamps: boolean;
}

/** One line: `name_suffix{labels,extra="…"} value timestamp # exemplar`. */
interface Sample {
  readonly suffix: string;
  readonly extra: Labels;
  readonly value: string;
  readonly exemplar?: ShownExemplar | undefined;
}

/** All families as text. */
export function toText(families: readonly Family[], options: TextOptions): string {
  const lines: string[] = [];
  for (const family of families) writeFamily(lines, family, options);
  if (options.openMetrics) lines.push("# EOF\n");
  return lines.join("");
}

function writeFamily(lines: string[], family: Family, options: TextOptions): void {
  const name = escapeName(family.name, options.escaping);
  const { shownName, shownType } = header(name, family.type, options.openMetrics);
  const quoted = isLegacyMetricName(shownName) ? shownName : `"${escapeValue(shownName)}"`;
  const help = options.openMetrics ? escapeValue(family.help) : escapeHelp(family.help);
  lines.push(`# HELP ${quoted} ${help}\n# TYPE ${quoted} ${shownType}\n`);
  for (const [key, { value }] of family.series) {
    const labels = labelsOf(key, options.escaping);
    for (const sample of samples(value, options.openMetrics)) {
      lines.push(line(name, labels, sample, value.time, options));
    }
  }
}

/** OpenMetrics names a counter without its `_total`, and knows none that does not end so. */
function header(name: string, type: string, openMetrics: boolean): { shownName: string; shownType: string } {
  if (!openMetrics || type !== "counter") return { shownName: name, shownType: type };
  if (!name.endsWith("_total")) return { shownName: name, shownType: "unknown" };
  return { shownName: name.slice(0, -"_total".length), shownType: type };
}

function samples(value: Value, openMetrics: boolean): Sample[] {
  const float = openMetrics ? openMetricsFloat : shortest;
  switch (value.type) {
    case "number":
      return [sample("", [], float(Number(value.value)), value.exemplars.at(-1))];
    case "histogram":
      return [...buckets(value, float), ...totals(value, float)];
    case "exponential": // Their buckets are in the protobuf format only.
      return [sample("_bucket", ["le", "+Inf"], shortest(value.count)), ...totals(value, float)];
    case "summary":
      return [
        ...value.quantiles.map((each) => sample("", ["quantile", float(each.quantile)], float(each.value))),
        ...totals(value, float),
      ];
  }
}

function totals({ sum, count }: { sum: number; count: number }, float: (n: number) => string): Sample[] {
  return [sample("_sum", [], float(sum)), sample("_count", [], integer(count))];
}

function buckets(value: HistogramValue, float: (n: number) => string): Sample[] {
  const cumulative = cumulativeBuckets(value);
  const exemplars = exemplarsByBucket(value, cumulative);
  return cumulative.map(({ bound, count }, i) =>
    sample("_bucket", ["le", float(bound)], integer(count), exemplars[i]),
  );
}

/** The buckets by ascending bound, each with all that are in it or below; the last has no bound. */
export function cumulativeBuckets({
  bounds,
  counts,
  count,
}: HistogramValue): { bound: number; count: number }[] {
  const order = [...bounds.keys()].toSorted((a, b) => bounds[a]! - bounds[b]!);
  let sum = 0;
  const cumulative = order.map((i) => {
    sum += counts[i] ?? 0;
    return { bound: bounds[i]!, count: sum };
  });
  const distinct = cumulative.filter(({ bound }, i) => bound !== cumulative[i + 1]?.bound);
  if (distinct.at(-1)?.bound !== Number.POSITIVE_INFINITY)
    distinct.push({ bound: Number.POSITIVE_INFINITY, count });
  return distinct;
}

/** The last exemplar of each bucket. */
export function exemplarsByBucket(
  { exemplars }: HistogramValue,
  cumulative: readonly { readonly bound: number }[],
): (ShownExemplar | undefined)[] {
  const byBucket: (ShownExemplar | undefined)[] = [];
  for (const exemplar of exemplars) {
    const bucket = cumulative.findIndex(({ bound }) => exemplar.value <= bound);
    if (bucket >= 0) byBucket[bucket] = exemplar;
  }
  return byBucket;
}

function sample(suffix: string, extra: Labels, value: string, exemplar?: ShownExemplar): Sample {
  return { suffix, extra, value, exemplar };
}

function line(
  name: string,
  labels: Labels,
  each: Sample,
  time: bigint,
  { openMetrics, timestamps }: TextOptions,
): string {
  const whole = name + each.suffix;
  const parts: string[] = [];
  const legacy = isLegacyMetricName(whole);
  if (!legacy) parts.push(`"${escapeValue(whole)}"`);
  for (const list of [labels, each.extra]) {
    for (let i = 0; i < list.length; i += 2) parts.push(label(list[i]!, list[i + 1]!));
  }
  const braces = parts.length > 0 ? `{${parts.join(",")}}` : "";
  const stamp = timestamps && time > 0n ? ` ${timestamp(time, openMetrics)}` : "";
  const exemplar = openMetrics && each.exemplar ? exemplarText(each.exemplar) : "";
  return `${legacy ? whole : ""}${braces} ${each.value}${stamp}${exemplar}\n`;
}

function label(name: string, value: string): string {
  return `${isLegacyLabelName(name) ? name : `"${escapeValue(name)}"`}="${escapeValue(value)}"`;
}

/** Milliseconds in Prometheus, seconds in OpenMetrics. */
function timestamp(time: bigint, openMetrics: boolean): string {
  const ms = Number(time / 1_000_000n);
  return openMetrics ? openMetricsFloat(ms / 1000) : String(ms);
}

function exemplarText({ traceId, spanId, value, time }: ShownExemplar): string {
  const labels = Object.entries({ trace_id: traceId, span_id: spanId }).filter(([, id]) => id !== "");
  if (labels.length === 0) return "";
  const text = labels.map(([name, id]) => `${name}="${id}"`).join(",");
  return ` # {${text}} ${openMetricsFloat(value)} ${openMetricsFloat(Number(time) / 1e9)}`;
}

/** As in Prometheus, but that whole numbers show they are floats. */
function openMetricsFloat(value: number): string {
  const text = shortest(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function integer(count: number): string {
  return Number.isSafeInteger(count) ? String(count) : String(BigInt(count));
}

function escapeValue(text: string): string {
  return /[\\"\n]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
