// `service.telemetry.metrics`: which of the agent's own metrics there are, and who reads them.
import {
  any,
  bool,
  enumOf,
  int,
  list,
  map,
  optional,
  type Schema,
  string,
  struct,
} from "../../confmap/schema.ts";
import { type ExporterConfig, exporter, onlyOne } from "./otlp-schema.ts";

export interface MetricsConfig {
  readonly level: "none" | "basic" | "normal" | "detailed";
  readonly readers: readonly ReaderConfig[];
  readonly views: readonly ViewConfig[];
}

/** One of the two. */
export interface ReaderConfig {
  readonly pull:
    | { readonly exporter: { readonly prometheus: PrometheusReaderConfig | undefined } }
    | undefined;
  readonly periodic: PeriodicReaderConfig | undefined;
}

/** A page for Prometheus to scrape. */
export interface PrometheusReaderConfig {
  readonly host: string;
  readonly port: number;
  readonly withoutScopeInfo: boolean;
  readonly withoutUnits: boolean;
  readonly withoutTypeSuffix: boolean;
  readonly withResourceConstantLabels: IncludeExclude | undefined;
}

/** Names, in which `*` and `?` stand for others. */
export interface IncludeExclude {
  readonly included: readonly string[];
  readonly excluded: readonly string[];
}

/** Times in milliseconds. */
export interface PeriodicReaderConfig {
  readonly interval: number;
  readonly timeout: number;
  readonly exporter: ExporterConfig;
}

/** Changes the series it selects. */
export interface ViewConfig {
  readonly selector: {
    readonly instrumentName: string;
    readonly instrumentType: string;
    readonly unit: string;
    readonly meterName: string;
  };
  readonly stream: {
    readonly name: string;
    readonly description: string;
    readonly aggregation: Readonly<Record<string, unknown>>;
    readonly attributeKeys: IncludeExclude | undefined;
  };
}

const includeExclude = struct("config.IncludeExclude", {
  included: list(string()),
  excluded: list(string()),
});

const prometheus: Schema<PrometheusReaderConfig> = struct("config.Prometheus", {
  host: string("localhost"),
  port: int(8888),
  without_scope_info: bool(true),
  without_units: bool(true),
  without_type_suffix: bool(true),
  with_resource_constant_labels: optional(includeExclude),
});

const reader: Schema<ReaderConfig> = struct(
  "config.MetricReader",
  {
    pull: optional(
      struct("config.PullMetricReader", {
        exporter: struct("config.PullMetricExporter", { prometheus: optional(prometheus) }, (config) =>
          onlyOne(config, "metric exporter"),
        ),
      }),
    ),
    periodic: optional(
      struct("config.PeriodicMetricReader", { interval: int(60_000), timeout: int(30_000), exporter }),
    ),
  },
  (config) => onlyOne(config, "metric reader"),
);

const DEFAULT_READER: ReaderConfig = {
  pull: {
    exporter: {
      prometheus: {
        host: "localhost",
        port: 8888,
        withoutScopeInfo: true,
        withoutUnits: true,
        withoutTypeSuffix: true,
        withResourceConstantLabels: undefined,
      },
    },
  },
  periodic: undefined,
};

const view: Schema<ViewConfig> = struct("config.View", {
  selector: struct("config.ViewSelector", {
    instrument_name: string(),
    instrument_type: string(),
    unit: string(),
    meter_name: string(),
  }),
  stream: struct("config.ViewStream", {
    name: string(),
    description: string(),
    aggregation: map(any()),
    attribute_keys: optional(includeExclude),
  }),
});

export const metrics: Schema<MetricsConfig> = struct("otelconftelemetry.MetricsConfig", {
  level: enumOf("metrics level", ["none", "basic", "normal", "detailed"], "normal"),
  readers: list(reader, [DEFAULT_READER]),
  views: list(view),
});
