import { type HttpServerConfig, httpServerConfig } from "../../config/http-server/config.ts";
import {
  bool,
  duration,
  int,
  optional,
  type Problem,
  type Schema,
  squash,
  string,
  struct,
} from "../../confmap/schema.ts";
import { componentStatusHealth } from "../../featuregate/index.ts";

/** A path and whether it answers. */
export interface PathConfig {
  readonly enabled: boolean;
  readonly path: string;
  readonly includeAttributes: boolean;
}

/** The newer server, which knows of each component. */
export interface StatusServerConfig extends HttpServerConfig {
  readonly status: PathConfig;
}

/** Which errors of components make the agent unhealthy. */
export interface ComponentHealthConfig {
  readonly includePermanentErrors: boolean;
  readonly includeRecoverableErrors: boolean;
  /** How long a recoverable error may last before it counts. */
  readonly recoveryDurationMs: number;
}

/** The user's `health_check` section. */
export interface HealthCheckConfig extends HttpServerConfig {
  readonly path: string;
  readonly responseBody: { readonly healthy: string; readonly unhealthy: string } | undefined;
  /** Accepted as upstream does, where it has no effect any more. */
  readonly checkCollectorPipeline: object;
  readonly useV2: boolean;
  readonly http: StatusServerConfig | undefined;
  readonly componentHealth: ComponentHealthConfig | undefined;
}

const ENDPOINT = "localhost:13133";

const statusPath: Schema<PathConfig> = struct("httpserver.PathConfig", {
  enabled: bool(true),
  path: string("/status"),
  include_attributes: bool(),
});

export const healthCheckConfig: Schema<HealthCheckConfig> = squash(
  struct("healthcheckextension.Config", {
    path: string("/"),
    response_body: optional(
      struct("httpserver.ResponseBodyConfig", { healthy: string(), unhealthy: string() }),
    ),
    check_collector_pipeline: struct("httpserver.CheckCollectorPipelineConfig", {
      enabled: bool(),
      interval: string("5m"),
      exporter_failure_threshold: int(5),
    }),
    use_v2: bool(),
    http: optional(squash(struct("httpserver.Config", { status: statusPath }), httpServerConfig(ENDPOINT))),
    component_health: optional(
      struct("config.ComponentHealthConfig", {
        include_permanent_errors: bool(),
        include_recoverable_errors: bool(),
        recovery_duration: duration(),
      }),
    ),
  }),
  httpServerConfig(ENDPOINT),
  problems,
);

function* problems({ endpoint, path, http }: HealthCheckConfig): Iterable<Problem> {
  if (http && !componentStatusHealth.enabled) {
    yield "v2 healthcheck configuration (http/grpc fields) detected but feature gate is disabled. " +
      "Either remove the v2 config fields or enable the feature gate with: --feature-gates=+extension.healthcheck.useComponentStatus";
  }
  if ((http ?? { endpoint }).endpoint === "") yield "http endpoint required";
  if (![path, http?.status.path ?? "/"].every((one) => one.startsWith("/"))) yield "path must start with /";
}
