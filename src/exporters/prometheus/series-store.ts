// Hot path: the series that are shown, the last value of each, until nothing has come for it for a while.
import type { Settings } from "../../component/index.ts";
import { Reader } from "../../pdata/protobuf/reader.ts";
import { accumulate } from "./accumulate.ts";
import type { PrometheusConfig } from "./config.ts";
import { Labeler, type Target } from "./labels.ts";
import { metricName, NameError, TRANSLATION_STRATEGIES, type TranslationStrategy } from "./naming.ts";
import { MIN_SCHEMA } from "./native-histogram.ts";
import { type FamilyType, POINT_KINDS, type Point } from "./point-kinds.ts";
import {
  forgetEnded,
  type KnownResource,
  type KnownScope,
  knownResource,
  knownScope,
  newStream,
  type Stream,
} from "./stream.ts";
import type { Value } from "./values.ts";
import { cut, cutPoint } from "./walk.ts";

const NO_RECORDED_VALUE = 1;
const DEFAULT_STRATEGY = "UnderscoreEscapingWithSuffixes";
/** So many spellings of the same attributes a stream may know, besides one for each of its series. */
const SPARE_SPELLINGS = 1000;

export interface Series {
  /** In its family. */
  readonly key: string;
  value: Value;
  updatedMs: number;
  /** False once it is no longer shown. */
  live: boolean;
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

/** Takes metrics, and has what a scrape shows of them. */
export class SeriesStore {
  /** For all names of one configuration. */
  readonly strategy: TranslationStrategy;
  readonly #config: PrometheusConfig;
  readonly #settings: Settings;
  readonly #clock: () => number;
  readonly #labeler: Labeler;
  readonly #families = new Map<string, Family>();
  readonly #targets = new Map<string, ShownTarget>();
  /** By their bytes. */
  readonly #resources = new Map<string, KnownResource>();
  #nowMs = 0;

  constructor(config: PrometheusConfig, settings: Settings, now: () => number = Date.now) {
    this.strategy = TRANSLATION_STRATEGIES[config.translationStrategy || DEFAULT_STRATEGY]!;
    this.#config = config;
    this.#settings = settings;
    this.#clock = now;
    this.#labeler = new Labeler(config, this.strategy);
  }

  /** Adds an ExportMetricsServiceRequest. Throws MalformedError; what came before the fault is then added. */
  add(request: Uint8Array): void {
    this.#nowMs = this.#clock();
    for (const message of cut(new Reader(request), 1).children) this.#addResource(message);
  }

  /** What there is to show now; forgets what has expired. */
  collect(): { readonly families: readonly Family[]; readonly targets: readonly string[] } {
    this.expire();
    const families = [...this.#families.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { families, targets: [...this.#targets.values()].map(({ labels }) => labels) };
  }

  /** Forgets the series that got nothing for `metric_expiration`. */
  expire(): void {
    const oldest = this.#clock() - this.#config.metricExpirationMs;
    for (const family of this.#families.values()) {
      endOlder(family, oldest);
      if (family.series.size === 0) this.#families.delete(family.name);
    }
    for (const [key, { updatedMs }] of this.#targets) if (updatedMs < oldest) this.#targets.delete(key);
    for (const [key, resource] of this.#resources) {
      if (resource.usedMs < oldest) this.#resources.delete(key);
      else forgetEnded(resource);
    }
  }

  #addResource(message: Reader): void {
    const { key, children } = cut(message, 2);
    let resource = this.#resources.get(key);
    if (!resource) {
      resource = knownResource(key, this.#labeler);
      this.#resources.set(key, resource);
    }
    resource.usedMs = this.#nowMs;
    if (resource.labels.target) this.#addTarget(resource.labels.target);
    for (const scope of children) this.#addScope(scope, resource);
  }

  #addTarget({ key, labels }: Target): void {
    this.#targets.set(key, { labels, updatedMs: this.#nowMs });
  }

  #addScope(message: Reader, resource: KnownResource): void {
    const { key, children } = cut(message, 2);
    let scope = resource.scopes.get(key);
    if (!scope) {
      scope = knownScope(key, resource.labels, this.#labeler);
      resource.scopes.set(key, scope);
    }
    for (const metric of children) this.#addMetric(metric, scope, resource);
  }

  #addMetric(message: Reader, scope: KnownScope, resource: KnownResource): void {
    const { buf, stop: begin, end } = message;
    const field = dataField(message);
    const kind = POINT_KINDS[field];
    if (!kind) return; // A metric without data, or with data of a later OTLP.
    const metric = cut(new Reader(buf, begin, end), field);
    for (const message of metric.children) {
      const data = cut(message, 1);
      const key = `${field} ${data.key} ${metric.key}`;
      let stream = scope.streams.get(key);
      if (!stream) {
        stream = newStream(metric.key, data.key, kind, scope, resource);
        scope.streams.set(key, stream);
      }
      this.#addPoints(stream, data.children);
    }
  }

  #addPoints(stream: Stream, points: readonly Reader[]): void {
    const family = this.#family(stream, points.length);
    if (!family) return;
    if (family !== stream.family) stream.series.clear();
    stream.family = family;
    for (const point of points) this.#addPoint(stream, family, point);
    if (family.series.size > 0) this.#families.set(family.name, family);
    if (stream.series.size > family.series.size + SPARE_SPELLINGS) stream.series.clear();
  }

  #addPoint(stream: Stream, family: Family, message: Reader): void {
    const { kind } = stream;
    const { buf, stop: begin, end } = message;
    const { attributes: spelling, rest } = cutPoint(message, kind.attributesField);
    const known = spelling === undefined ? undefined : stream.series.get(spelling);
    if (known?.live) {
      this.#update(family, known.key, known, kind.read(rest), stream.temporality);
      return;
    }
    const point = kind.read(new Reader(buf, begin, end));
    const key = this.#labeler.seriesKey(stream.common, point.attributes, stream.resource);
    if (key === undefined) {
      this.#dropped("invalid_name", 1, family.name);
      return;
    }
    const series = this.#update(family, key, family.series.get(key), point, stream.temporality);
    if (series && spelling !== undefined) stream.series.set(spelling, series);
  }

  /** Gives the series as it is after `point`; undefined when there is none, or no longer. */
  #update(
    family: Family,
    key: string,
    series: Series | undefined,
    { flags, value: next }: Point,
    temporality: number,
  ): Series | undefined {
    if (flags & NO_RECORDED_VALUE) {
      if (series) endSeries(family, series);
      return undefined;
    }
    if (next.type === "exponential" && next.scale < MIN_SCHEMA) {
      this.#dropped("unsupported_scale", 1, family.name);
      return series;
    }
    const value = accumulate(series?.value, next, temporality);
    if (!value) {
      this.#dropped("out_of_order", 1, family.name);
      return series;
    }
    if (series) {
      series.value = value;
      series.updatedMs = this.#nowMs;
      return series;
    }
    const created = { key, value, updatedMs: this.#nowMs, live: true };
    family.series.set(key, created);
    return created;
  }

  /** The family of a metric; undefined when there is no way to show it, or its name is taken by one of another type. */
  #family(stream: Stream, points: number): Family | undefined {
    const { type, description: help } = stream;
    if (!type) {
      this.#dropped("unsupported_temporality", points, stream.name);
      return undefined;
    }
    const name = stream.family?.name ?? this.#familyName(stream, type, points);
    if (name === undefined) return undefined;
    const family = this.#families.get(name);
    if (!family) return { name, help, type, series: new Map(), conflictLogged: false };
    if (family.type === type) return family;
    this.#dropped("type_conflict", points, name);
    if (!family.conflictLogged) this.#logConflict(stream.name, family, type);
    family.conflictLogged = true;
    return undefined;
  }

  #familyName({ name, unit }: Stream, type: FamilyType, points: number): string | undefined {
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

/** The field that has a metric's data: of its one-of the last counts. */
function dataField(metric: Reader): number {
  let field = 0;
  while (metric.next()) if (metric.field in POINT_KINDS) field = metric.field;
  return field;
}

function endOlder(family: Family, oldestMs: number): void {
  for (const series of family.series.values()) if (series.updatedMs < oldestMs) endSeries(family, series);
}

function endSeries(family: Family, series: Series): void {
  series.live = false;
  family.series.delete(series.key);
}
