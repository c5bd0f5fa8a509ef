import { type GrpcServerConfig, grpcServerConfig } from "../../config/grpc-server/config.ts";
import { type HttpServerConfig, httpServerConfig } from "../../config/http-server/config.ts";
import { optional, type Problem, type Schema, squash, string, struct } from "../../confmap/schema.ts";
import type { Signal } from "../../pdata/index.ts";

/** The user's `protocols::http` block. */
export interface OtlpHttpConfig extends HttpServerConfig {
  readonly tracesUrlPath: string;
  readonly metricsUrlPath: string;
  readonly logsUrlPath: string;
}

/** The user's `otlp` section. */
export interface OtlpConfig {
  /** Undefined: not served. */
  readonly protocols: {
    readonly grpc: GrpcServerConfig | undefined;
    readonly http: OtlpHttpConfig | undefined;
  };
}

const http: Schema<OtlpHttpConfig> = squash(
  struct("otlpreceiver.HTTPConfig", {
    traces_url_path: string("/v1/traces"),
    metrics_url_path: string("/v1/metrics"),
    logs_url_path: string("/v1/logs"),
  }),
  httpServerConfig("localhost:4318"),
);

export const otlpConfig: Schema<OtlpConfig> = struct(
  "otlpreceiver.Config",
  {
    protocols: struct("otlpreceiver.Protocols", {
      grpc: optional(grpcServerConfig("localhost:4317")),
      http: optional(http),
    }),
  },
  function* ({ protocols }): Iterable<Problem> {
    if (protocols.grpc || protocols.http) return;
    yield "must specify at least one protocol when using the OTLP receiver";
  },
);

/** Where a signal is posted to; a path without its first slash gets one. */
export function urlPath(config: OtlpHttpConfig, signal: Signal): string {
  const path = config[`${signal}UrlPath`];
  return path.startsWith("/") ? path : `/${path}`;
}
