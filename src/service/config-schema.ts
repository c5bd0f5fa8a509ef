// The `service` section: pipelines, and the agent's own telemetry.
import {
  any,
  bool,
  duration,
  enumOf,
  int,
  list,
  map,
  type Schema,
  string,
  struct,
} from "../confmap/schema.ts";

export interface PipelineConfig {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "dpanic" | "panic" | "fatal";

/** `service.telemetry.logs`. */
export interface LogsConfig {
  readonly level: LogLevel;
  readonly encoding: "console" | "json";
  readonly development: boolean;
  readonly disableCaller: boolean;
  readonly disableStacktrace: boolean;
  readonly sampling: SamplingConfig;
  readonly outputPaths: readonly string[];
  readonly errorOutputPaths: readonly string[];
  readonly initialFields: Readonly<Record<string, unknown>>;
  readonly disableZapResource: boolean;
  readonly processors: readonly unknown[];
}

/** In each tick, `initial` records of the same level and message, then every `thereafter`th. */
export interface SamplingConfig {
  readonly enabled: boolean;
  readonly tickMs: number;
  readonly initial: number;
  readonly thereafter: number;
}

export interface TelemetryConfig {
  readonly logs: LogsConfig;
  readonly metrics: {
    readonly level: "none" | "basic" | "normal" | "detailed";
    readonly readers: readonly unknown[];
    readonly views: readonly unknown[];
  };
  readonly traces: {
    readonly level: "none" | "basic" | "normal" | "detailed";
    readonly propagators: readonly string[];
    readonly processors: readonly unknown[];
    readonly sampler: unknown;
  };
  /** Attributes by name; null removes one that is there by default. */
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface ServiceConfig {
  readonly telemetry: TelemetryConfig;
  readonly extensions: readonly string[];
  readonly pipelines: Readonly<Record<string, PipelineConfig>>;
}

const LEVELS = ["debug", "info", "warn", "error", "dpanic", "panic", "fatal"] as const;
const TELEMETRY_LEVELS = ["none", "basic", "normal", "detailed"] as const;

const logs = struct("otelconftelemetry.LogsConfig", {
  level: enumOf("level", LEVELS, "info"),
  encoding: enumOf("encoding", ["console", "json"], "console"),
  development: bool(),
  disable_caller: bool(),
  disable_stacktrace: bool(),
  sampling: struct("otelconftelemetry.LogsSamplingConfig", {
    enabled: bool(true),
    tick: duration("10s"),
    initial: int(10),
    thereafter: int(100),
  }),
  output_paths: list(string(), ["stderr"]),
  error_output_paths: list(string(), ["stderr"]),
  initial_fields: map(any()),
  disable_zap_resource: bool(),
  processors: list(any()),
});

const telemetry = struct("otelconftelemetry.Config", {
  logs,
  metrics: struct("otelconftelemetry.MetricsConfig", {
    level: enumOf("metrics level", TELEMETRY_LEVELS, "normal"),
    readers: list(any()),
    views: list(any()),
  }),
  traces: struct("otelconftelemetry.TracesConfig", {
    level: enumOf("level", TELEMETRY_LEVELS, "normal"),
    propagators: list(string()),
    processors: list(any()),
    sampler: any(),
  }),
  resource: map(any()),
});

const pipeline = struct("pipelines.PipelineConfig", {
  receivers: list(string()),
  processors: list(string()),
  exporters: list(string()),
});

export const serviceConfig: Schema<ServiceConfig> = struct("service.Config", {
  telemetry,
  extensions: list(string()),
  pipelines: map(pipeline, { keys: /^\s*(?:traces|metrics|logs|profiles)\s*(?:\/.+)?$/ }),
});
