// What of the agent's own metrics is shown, by `level` and by the user's views.
import type { Labels } from "../../component/index.ts";
import { isMapping } from "../../confmap/expanded.ts";
import type { Counters, NumberSeries, Series } from "./counters.ts";
import { describe } from "./descriptions.ts";
import { Histogram } from "./histogram.ts";
import type { IncludeExclude, MetricsConfig, ViewConfig } from "./metrics-schema.ts";

/** One metric as readers see it. */
export interface Metric {
  readonly name: string;
  /** Empty when nothing is known. */
  readonly help: string;
  readonly unit: string;
  readonly scope: string;
  readonly type: Series["type"];
  readonly series: readonly Series[];
}

/** Reads everything that the settings let through, by name. */
export function readMetrics(counters: Counters, { level, views }: MetricsConfig): readonly Metric[] {
  const byName = Map.groupBy(counters, ({ name }) => name);
  const metrics = [...byName].map(([name, series]) => metricOf(name, series));
  return metrics
    .flatMap((metric) => seen(metric, level, views))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function metricOf(name: string, series: readonly Series[]): Metric {
  const { help = "", unit, scope } = describe(name);
  return { name, help, unit, scope, type: series[0]!.type, series };
}

/** What only appears at a higher level than the key's. */
const ONLY_ABOVE: Readonly<Record<string, RegExp>> = {
  basic: /^otelcol_processor_batch_/,
  normal:
    /^otelcol_processor_batch_batch_send_size_bytes$|^otelcol_exporter_(queue_batch_send|enqueue)_size(_bytes)?$|^otelcol_processor_internal_duration$|^(http|rpc)\./,
};
const DETAILS = { included: [], excluded: ["error.type", "error.permanent"] };

function seen(
  metric: Metric,
  level: MetricsConfig["level"],
  views: readonly ViewConfig[],
): readonly Metric[] {
  if (level === "detailed") return viewed(metric, views);
  if (ONLY_ABOVE.normal!.test(metric.name) || (level === "basic" && ONLY_ABOVE.basic!.test(metric.name)))
    return [];
  const isFailure = metric.name.startsWith("otelcol_exporter_send_failed_");
  return [isFailure ? withLabels(metric, DETAILS) : metric];
}

/** As every view that selects the metric shows it; as it is when none does. */
function viewed(metric: Metric, views: readonly ViewConfig[]): readonly Metric[] {
  const selecting = views.filter((view) => selects(view.selector, metric));
  if (selecting.length === 0) return [metric];
  return selecting.flatMap(({ stream }) => {
    if ("drop" in stream.aggregation) return [];
    const { name, help } = metric;
    const aggregated = "sum" in stream.aggregation ? summed(metric) : metric;
    const named = { ...aggregated, name: stream.name || name, help: stream.description || help };
    return [stream.attributeKeys ? withLabels(named, stream.attributeKeys) : named];
  });
}

/** A histogram's sum alone. */
function summed(metric: Metric): Metric {
  if (metric.type !== "histogram") return metric;
  const series = (metric.series as readonly Histogram[]).map(
    ({ name, labels, sum }): NumberSeries => ({ name, labels, type: "counter", value: sum }),
  );
  return { ...metric, type: "counter", series };
}

/** The bounds that the first view wants which selects the histogram and names some. */
export function boundsOf(name: string, { level, views }: MetricsConfig): readonly number[] | undefined {
  if (level !== "detailed") return undefined;
  const metric = { name, ...describe(name), type: "histogram" as const };
  const bounds = views
    .filter(({ selector }) => selects(selector, metric))
    .map(({ stream: { aggregation } }) => aggregation.explicit_bucket_histogram)
    .map((histogram) => (isMapping(histogram) ? histogram.boundaries : undefined));
  return bounds.find(isAscending);
}

function isAscending(bounds: unknown): bounds is readonly number[] {
  return (
    Array.isArray(bounds) &&
    bounds.every((bound, index) => typeof bound === "number" && !(bound <= bounds[index - 1]))
  );
}

const INSTRUMENTS: Readonly<Record<Series["type"], readonly string[]>> = {
  counter: ["counter", "observable_counter"],
  gauge: ["gauge", "observable_gauge", "up_down_counter", "observable_up_down_counter"],
  histogram: ["histogram"],
};

function selects(
  selector: ViewConfig["selector"],
  { name, type, unit, scope }: Pick<Metric, "name" | "type" | "unit" | "scope">,
): boolean {
  const { instrumentName, instrumentType, unit: wantedUnit, meterName } = selector;
  return (
    (instrumentName === "" || matches(instrumentName, name)) &&
    (instrumentType === "" || INSTRUMENTS[type].includes(instrumentType)) &&
    (wantedUnit === "" || wantedUnit === unit) &&
    (meterName === "" || meterName === scope)
  );
}

/** Leaves out labels; series that no longer differ are added up. */
function withLabels(metric: Metric, keys: IncludeExclude): Metric {
  if (metric.type === "histogram") return withHistogramLabels(metric, keys);
  const sums = new Map<string, NumberSeries>();
  for (const series of metric.series as readonly NumberSeries[]) {
    const labels = selected(series.labels, keys);
    const key = JSON.stringify(Object.entries(labels).toSorted());
    const value = series.value + (sums.get(key)?.value ?? 0);
    sums.set(key, { name: series.name, type: series.type, labels, value });
  }
  return { ...metric, series: [...sums.values()] };
}

function withHistogramLabels(metric: Metric, keys: IncludeExclude): Metric {
  const merged = new Map<string, Histogram>();
  for (const series of metric.series as readonly Histogram[]) {
    const labels = selected(series.labels, keys);
    const key = JSON.stringify(Object.entries(labels).toSorted());
    const sum = merged.get(key) ?? new Histogram(series.name, labels, series.bounds);
    sum.merge(series);
    merged.set(key, sum);
  }
  return { ...metric, series: [...merged.values()] };
}

/** The labels whose names are included, or not excluded. */
export function selected(labels: Labels, { included, excluded }: IncludeExclude): Labels {
  const isIn = (name: string) =>
    (included.length === 0 || included.some((pattern) => matches(pattern, name))) &&
    !excluded.some((pattern) => matches(pattern, name));
  return Object.fromEntries(Object.entries(labels).filter(([name]) => isIn(name)));
}

/** `*` stands for any text, `?` for one character. */
function matches(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(name);
}
