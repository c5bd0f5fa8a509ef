// `service.telemetry`: what the agent tells about itself.
import {
  any,
  bool,
  duration,
  enumOf,
  float,
  int,
  list,
  map,
  optional,
  type Problem,
  type Schema,
  string,
  struct,
} from "../../confmap/schema.ts";
import { type MetricsConfig, metrics } from "./metrics-schema.ts";
import { type ProcessorConfig, processors } from "./otlp-schema.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "dpanic" | "panic" | "fatal";
export type TelemetryLevel = "none" | "basic" | "normal" | "detailed";

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
  readonly processors: readonly ProcessorConfig[];
}

/** In each tick, `initial` records of the same level and message, then every `thereafter`th. */
export interface SamplingConfig {
  readonly enabled: boolean;
  readonly tickMs: number;
  readonly initial: number;
  readonly thereafter: number;
}

/** `service.telemetry.traces`. */
export interface TracesConfig {
  readonly level: TelemetryLevel;
  readonly propagators: readonly string[];
  readonly processors: readonly ProcessorConfig[];
  readonly sampler: SamplerConfig | undefined;
}

/** Which of the agent's own spans are kept. */
export interface SamplerConfig extends RootSamplerConfig {
  readonly parentBased: { readonly root: RootSamplerConfig | undefined } | undefined;
}

export interface RootSamplerConfig {
  readonly alwaysOn: object | undefined;
  readonly alwaysOff: object | undefined;
  readonly traceIdRatioBased: { readonly ratio: number } | undefined;
}

export interface TelemetryConfig {
  readonly logs: LogsConfig;
  readonly metrics: MetricsConfig;
  readonly traces: TracesConfig;
  /** Attributes by name; null removes one that is there by default. Or the newer form, under `attributes`. */
  readonly resource: Readonly<Record<string, unknown>>;
}

const LEVELS = ["debug", "info", "warn", "error", "dpanic", "panic", "fatal"] as const;
const TELEMETRY_LEVELS = ["none", "basic", "normal", "detailed"] as const;
const PROPAGATORS: readonly string[] = ["tracecontext", "b3"];

const logs: Schema<LogsConfig> = struct("otelconftelemetry.LogsConfig", {
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
  processors,
});

const rootSampler = {
  always_on: optional(struct("config.AlwaysOn", {})),
  always_off: optional(struct("config.AlwaysOff", {})),
  trace_id_ratio_based: optional(struct("config.TraceIDRatioBased", { ratio: float(1) })),
};

const traces: Schema<TracesConfig> = struct(
  "otelconftelemetry.TracesConfig",
  {
    level: enumOf("level", TELEMETRY_LEVELS, "normal"),
    propagators: list(string()),
    processors,
    sampler: optional(
      struct("config.Sampler", {
        ...rootSampler,
        parent_based: optional(
          struct("config.ParentBased", { root: optional(struct("config.Sampler", rootSampler)) }),
        ),
      }),
    ),
  },
  ({ propagators }) =>
    propagators.every((name) => PROPAGATORS.includes(name)) ? [] : ["unsupported trace propagator"],
);

/** Settings of `resource`; every other key is an attribute, in the older form. */
export const RESOURCE_SETTINGS: readonly string[] = ["attributes", "schema_url", "detection/development"];

export const telemetryConfig: Schema<TelemetryConfig> = struct(
  "otelconftelemetry.Config",
  { logs, metrics, traces, resource: map(any()) },
  telemetryProblems,
);

function* telemetryProblems({
  metrics: { level, readers, views },
  resource,
}: TelemetryConfig): Iterable<Problem> {
  if (level !== "none" && readers.length === 0)
    yield "collector telemetry metrics reader should exist when metric level is not none";
  if (views.length > 0 && level !== "detailed")
    yield "service::telemetry::metrics::views can only be set when service::telemetry::metrics::level is detailed";
  const legacy = Object.entries(resource).filter(([key]) => !RESOURCE_SETTINGS.includes(key));
  for (const [key, value] of legacy) {
    if (value !== null && typeof value !== "string")
      yield {
        path: "resource",
        message: `legacy resource attribute ${JSON.stringify(key)} must be string or null`,
      };
  }
  if (Array.isArray(resource.attributes) && resource.attributes.length > 0 && legacy.length > 0)
    yield {
      path: "resource",
      message: "resource::attributes cannot be used together with legacy inline resource attributes",
    };
}
