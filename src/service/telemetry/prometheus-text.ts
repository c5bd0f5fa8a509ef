// The agent's own metrics in Prometheus' text format, as the Collector's reader names them.
import type { Labels } from "../../component/index.ts";
import { shortest } from "../../exporters/helper/go-float.ts";
import type { Series } from "./counters.ts";
import type { Histogram } from "./histogram.ts";
import type { PrometheusReaderConfig } from "./metrics-schema.ts";
import { type Metric, selected } from "./views.ts";

/** What of a reader's settings decides names and labels. */
export type Naming = Pick<
  PrometheusReaderConfig,
  "withoutScopeInfo" | "withoutUnits" | "withoutTypeSuffix" | "withResourceConstantLabels"
>;

/** Writes metrics, with the resource as `target_info`. */
export function prometheusText(metrics: readonly Metric[], resource: Labels, naming: Naming): string {
  const constant = naming.withResourceConstantLabels
    ? labelNames(selected(resource, naming.withResourceConstantLabels))
    : {};
  const families = metrics.map((metric) => ({ ...metric, name: nameOf(metric, naming) }));
  const text = [...families, handlerErrors, targetInfo(resource)]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((family) => familyText(family, { ...constant, ...scopeLabels(family, naming) }));
  return text.join("");
}

type Family = Omit<Metric, "unit">;

/** Always there, as in every exporter made with Prometheus' Go library; nothing here can fail halfway. */
const handlerErrors: Family = {
  name: "promhttp_metric_handler_errors_total",
  help: "Total number of internal errors encountered by the promhttp metric handler.",
  scope: "",
  type: "counter",
  series: ["encoding", "gathering"].map((cause) => ({
    name: "promhttp_metric_handler_errors_total",
    type: "counter",
    labels: { cause },
    value: 0,
  })),
};

function targetInfo(resource: Labels): Family {
  const series: Series = { name: "target_info", type: "gauge", labels: labelNames(resource), value: 1 };
  return { name: "target_info", help: "Target metadata", scope: "", type: "gauge", series: [series] };
}

const UNITS: Readonly<Record<string, string>> = {
  s: "seconds",
  ms: "milliseconds",
  By: "bytes",
  "%": "percent",
};

/** Adds the unit's word and `_total` where the settings want them and the name has them not. */
function nameOf(metric: Metric, { withoutUnits, withoutTypeSuffix }: Naming): string {
  const { unit, type } = metric;
  const name = metric.name.replaceAll(".", "_");
  const isTotal = type === "counter" && !withoutTypeSuffix;
  const word = withoutUnits ? undefined : UNITS[unit];
  const bare = isTotal ? name.replace(/_total$/, "") : name;
  const withUnit = word && !bare.split("_").includes(word) ? `${bare}_${word}` : bare;
  return isTotal ? `${withUnit}_total` : withUnit;
}

function scopeLabels({ scope }: Family, { withoutScopeInfo }: Naming): Labels {
  if (withoutScopeInfo || scope === "") return {};
  return { otel_scope_name: scope, otel_scope_schema_url: "", otel_scope_version: "" };
}

function familyText({ name, help, type, series }: Family, constant: Labels): string {
  const lines = series
    .map((one) => ({ one, labels: labelText({ ...constant, ...labelNames(one.labels) }) }))
    .toSorted((a, b) => (a.labels < b.labels ? -1 : 1))
    .map(({ one, labels }) =>
      one.type === "histogram" ? histogramText(name, labels, one) : `${line(name, labels, one.value)}\n`,
    );
  return `${help && `# HELP ${name} ${escaped(help)}\n`}# TYPE ${name} ${type}\n${lines.join("")}`;
}

function histogramText(
  name: string,
  labels: string,
  { bounds, bucketCounts, sum, count }: Histogram,
): string {
  let cumulative = 0;
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
    cumulative += bucketCounts[index]!;
    const le = `le="${shortest(bound)}"`;
    return line(`${name}_bucket`, labels === "" ? le : `${labels},${le}`, cumulative);
  });
  return `${[...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)].join("\n")}\n`;
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels && `{${labels}}`} ${shortest(value)}`;
}

/** In the order of their names. */
function labelText(labels: Labels): string {
  return Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}="${escaped(value).replaceAll('"', '\\"')}"`)
    .join(",");
}

function labelNames(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key.replace(/[^a-zA-Z0-9_]/g, "_"), value]),
  );
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
