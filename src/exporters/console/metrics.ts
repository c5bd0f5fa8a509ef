// A table per metric: histograms as rate, quantiles and mean of the last interval, the rest as values.
import type { Attributes, ResourceItems } from "../../pdata/decode/common.ts";
import type { Metric, MetricData } from "../../pdata/decode/metrics.ts";
import type {
  ExponentialHistogramPoint,
  HistogramPoint,
  NumberPoint,
  SummaryPoint,
} from "../../pdata/decode/points.ts";
import { TEMPORALITY } from "../../pdata/index.ts";
import { type Canvas, type Style, safe } from "./cells.ts";
import { type Distribution, quantile, since, toDistribution } from "./distribution.ts";
import { History } from "./history.ts";
import { seriesLabel } from "./series.ts";
import { drawTable, type Row, type Table } from "./table.ts";
import { clockSeconds, count, pairs, quantity, rate, who } from "./text.ts";

const HISTOGRAM_COLUMNS = ["count", "rate", "p50", "p99", "mean"];
const SUM_COLUMNS = ["total", "rate"];
const VALUE_COLUMNS = ["value"];

type AnyHistogram = HistogramPoint | ExponentialHistogramPoint;
type AnyPoint = NumberPoint | AnyHistogram | SummaryPoint;

/** Draws metrics, remembering the last export to show what came since. */
export class MetricTables {
  readonly #distributions = new History<Distribution>();
  readonly #totals = new History<number>();

  draw(metrics: readonly ResourceItems<Metric>[], canvas: Canvas): string {
    const tables = new Map<string, Table>();
    for (const { resource, scopes } of metrics) {
      const owner = { name: who(resource), key: pairs(resource.attributes) };
      for (const metric of scopes.flatMap((scope) => scope.items)) this.#add(tables, metric, owner);
    }
    return [...tables.values()].map((table) => drawTable(table, canvas)).join("");
  }

  #add(tables: Map<string, Table>, { name, unit, data }: Metric, owner: Owner): void {
    if (!data) return;
    const table = tables.get(name) ?? newTable(name, data);
    tables.set(name, table);
    const points: readonly AnyPoint[] = data.points;
    for (const point of points) {
      const key = [name, owner.key, pairs(point.attributes)].join("\n");
      const row = this.#row(point, data, unit, key);
      if (!row) table.idle++;
      else table.rows.push({ ...row, who: owner.name, label: seriesLabel(point.attributes) });
    }
  }

  /** The point's columns; undefined when nothing happened since the last export, or nothing is there to count. */
  #row(point: AnyPoint, data: MetricData, unit: string, key: string): Columns | undefined {
    if ("value" in point) return this.#numberRow(point, data, unit, key);
    if ("quantiles" in point) return summaryRow(point, unit);
    const now = toDistribution(point);
    const { before, seconds } = this.#distributions.note(key, point, now);
    const cumulative = "temporality" in data && data.temporality === TEMPORALITY.cumulative;
    const interval = (cumulative && before && since(before, now)) || now;
    if (interval.count === 0) return undefined;
    return histogramRow(now, interval, seconds, unit, point.attributes);
  }

  #numberRow(point: NumberPoint, data: MetricData, unit: string, key: string): Columns | undefined {
    const value = Number(point.value ?? 0);
    const plain = { weight: Math.abs(value), style: "plain" as const };
    if (data.type === "sum" && value === 0) return undefined;
    if (data.type !== "sum" || !data.monotonic) return { ...plain, columns: [quantity(value, unit)] };
    const { before, seconds } = this.#totals.note(key, point, value);
    const added = data.temporality === TEMPORALITY.cumulative ? value - (before ?? 0) : value;
    if (added === 0) return undefined;
    const perSecond = seconds > 0 ? `${quantity(added / seconds, unit)}/s` : "–";
    return { ...plain, weight: added, columns: [quantity(value, unit), perSecond] };
  }
}

/** Whose metrics: as shown, and as told apart. */
interface Owner {
  readonly name: string;
  readonly key: string;
}

/** A row without what it is about. */
type Columns = Pick<Row, "columns" | "style" | "weight">;

function newTable(name: string, data: MetricData): Table {
  const [first] = data.points;
  const time = first ? clockSeconds(first.time) : "";
  return { title: safe(name), time, headings: headings(data), rows: [], idle: 0 };
}

function headings(data: MetricData): readonly string[] {
  if (data.type === "histogram" || data.type === "exponentialHistogram") return HISTOGRAM_COLUMNS;
  if (data.type === "summary") return ["count", "", "p50", "p99", "mean"];
  return data.type === "sum" && data.monotonic ? SUM_COLUMNS : VALUE_COLUMNS;
}

function histogramRow(
  now: Distribution,
  interval: Distribution,
  seconds: number,
  unit: string,
  attributes: Attributes,
): Columns {
  const estimate = (q: number) => {
    const found = quantile(interval, q);
    return found ? `${found.side}${quantity(found.value, unit)}` : "–";
  };
  const mean = interval.sum === undefined ? "–" : quantity(interval.sum / interval.count, unit);
  const perSecond = seconds > 0 ? rate(interval.count / seconds) : "–";
  return {
    columns: [count(now.count), perSecond, estimate(0.5), estimate(0.99), mean],
    style: attributes.some(({ key }) => key === "error.type") ? "red" : ("plain" satisfies Style),
    weight: interval.count,
  };
}

function summaryRow({ count: n, sum, quantiles }: SummaryPoint, unit: string): Columns {
  const at = (q: number) => {
    const found = quantiles.find(({ quantile }) => quantile === q);
    return found ? quantity(found.value, unit) : "–";
  };
  const mean = n > 0n ? quantity(sum / Number(n), unit) : "–";
  return { columns: [count(n), "", at(0.5), at(0.99), mean], style: "plain", weight: Number(n) };
}
