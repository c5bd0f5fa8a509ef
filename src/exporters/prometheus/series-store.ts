// The series that are shown: the last value of each, until nothing has come for it for a while.
import type { Settings } from "../../component/index.ts";
import type { ResourceItems, ScopeItems } from "../../pdata/decode/common.ts";
import type { Metric } from "../../pdata/decode/metrics.ts";
import { accumulate } from "./accumulate.ts";
import type { PrometheusConfig } from "./config.ts";
import { Labeler, type LabelPairs, type ResourceLabels, type Target } from "./labels.ts";
import { metricName, NameError, TRANSLATION_STRATEGIES, type TranslationStrategy } from "./naming.ts";
import { MIN_SCHEMA } from "./native-histogram.ts";
import { type FamilyType, type ShownMetric, toShown } from "./shown-metric.ts";
import type { Value } from "./values.ts";

const NO_RECORDED_VALUE = 1;
const DEFAULT_STRATEGY = "UnderscoreEscapingWithSuffixes";

interface Series {
  value: Value;
  updatedMs: number;
}

/** All series of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  /** By the key that Labeler makes of the labels. */
  readonly series: Map<string, Series>;
  conflictLogged: boolean;
}

/** Why a data point is not shown. */
type Reason =
  | "type_conflict"
  | "unsupported_temporality"
  | "unsupported_scale"
  | "out_of_order"
  | "invalid_name";

interface ShownTarget {
  readonly labels: string;
  updatedMs: number;
}

interface ScopeLabels {
  readonly resource: ResourceLabels;
  readonly common: LabelPairs;
}

/** Takes metrics, and has what a scrape shows of them. */
export class SeriesStore {
  /** For all names of one configuration. */
  readonly strategy: TranslationStrategy;
  readonly #config: PrometheusConfig;
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #labeler: Labeler;
  readonly #families = new Map<string, Family>();
  readonly #targets = new Map<string, ShownTarget>();

  constructor(config: PrometheusConfig, settings: Settings, now: () => number = Date.now) {
    this.strategy = TRANSLATION_STRATEGIES[config.translationStrategy || DEFAULT_STRATEGY]!;
    this.#config = config;
    this.#settings = settings;
    this.#now = now;
    this.#labeler = new Labeler(config, this.strategy);
  }

  add(groups: readonly ResourceItems<Metric>[]): void {
    for (const group of groups) {
      const resource = this.#labeler.ofResource(group.resource);
      if (resource.target) this.#addTarget(resource.target);
      for (const scope of group.scopes) this.#addScope(scope, resource);
    }
  }

  /** What there is to show now; forgets what has expired. */
  collect(): { readonly families: readonly Family[]; readonly targets: readonly string[] } {
    this.expire();
    const families = [...this.#families.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { families, targets: [...this.#targets.values()].map(({ labels }) => labels) };
  }

  /** Forgets the series that got nothing for `metric_expiration`. */
  expire(): void {
    const oldest = this.#now() - this.#config.metricExpirationMs;
    for (const family of this.#families.values()) {
      for (const [key, { updatedMs }] of family.series) if (updatedMs < oldest) family.series.delete(key);
      if (family.series.size === 0) this.#families.delete(family.name);
    }
    for (const [key, { updatedMs }] of this.#targets) if (updatedMs < oldest) this.#targets.delete(key);
  }

  #addTarget({ key, labels }: Target): void {
    this.#targets.set(key, { labels, updatedMs: this.#now() });
  }

  #addScope(scope: ScopeItems<Metric>, resource: ResourceLabels): void {
    const labels = { resource, common: this.#labeler.ofScope(scope, resource) };
    for (const metric of scope.items) {
      const shown = metric.data && toShown(metric.data);
      if (shown) this.#addMetric(metric, shown, labels);
      else this.#dropped("unsupported_temporality", metric.data?.points.length ?? 0, metric.name);
    }
  }

  #addMetric(metric: Metric, shown: ShownMetric, labels: ScopeLabels): void {
    const family = this.#family(metric, shown);
    if (!family) return;
    for (let index = 0; index < shown.points.length; index++) this.#addPoint(family, shown, index, labels);
    if (family.series.size > 0) this.#families.set(family.name, family);
  }

  #addPoint(family: Family, shown: ShownMetric, index: number, { common, resource }: ScopeLabels): void {
    const { attributes, flags } = shown.points[index]!;
    const key = this.#labeler.seriesKey(common, attributes, resource);
    if (key === undefined) {
      this.#dropped("invalid_name", 1, family.name);
      return;
    }
    if (flags & NO_RECORDED_VALUE) {
      family.series.delete(key);
      return;
    }
    const series = family.series.get(key);
    const next = shown.value(index);
    if (next.type === "exponential" && next.scale < MIN_SCHEMA) {
      this.#dropped("unsupported_scale", 1, family.name);
      return;
    }
    const value = accumulate(series?.value, next, shown.temporality);
    const updatedMs = this.#now();
    if (!value) this.#dropped("out_of_order", 1, family.name);
    else if (series) Object.assign(series, { value, updatedMs });
    else family.series.set(key, { value, updatedMs });
  }

  /** The family a metric belongs to; undefined when its name is taken by one of another type. */
  #family(metric: Metric, { type, points }: ShownMetric): Family | undefined {
    const name = this.#familyName(metric, type, points.length);
    if (name === undefined) return undefined;
    const family = this.#families.get(name);
    if (!family) return { name, help: metric.description, type, series: new Map(), conflictLogged: false };
    if (family.type === type) return family;
    this.#dropped("type_conflict", points.length, name);
    if (!family.conflictLogged) this.#logConflict(metric.name, family, type);
    family.conflictLogged = true;
    return undefined;
  }

  #familyName({ name, unit }: Metric, type: FamilyType, points: number): string | undefined {
    try {
      return metricName({ name, unit, type }, this.#config.namespace, this.strategy);
    } catch (error) {
      if (!(error instanceof NameError)) throw error;
      this.#dropped("invalid_name", points, error.message);
      return undefined;
    }
  }

  #logConflict(original: string, { name, type }: Family, droppedType: FamilyType): void {
    const [existing, dropped] = [type.toUpperCase(), droppedType.toUpperCase()];
    const conflict = "instrument type conflict, using existing type definition";
    this.#settings.logger.error(
      { instrument: name, existing, dropped },
      `failed to convert metric ${original}: ${conflict}. instrument: ${name}, existing: ${existing}, dropped: ${dropped}`,
    );
  }

  #dropped(reason: Reason, points: number, about: string): void {
    const { counters, id, logger } = this.#settings;
    counters.counter("otelcol_exporter_prometheus_dropped_points", { exporter: id, reason }).add(points);
    logger.debug({ reason, points, about }, "Data points are not shown.");
  }
}
