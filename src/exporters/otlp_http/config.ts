import { type HttpClientConfig, httpClientConfig } from "../../config/http-client/config.ts";
import { enumOf, type Schema, squash, string, struct } from "../../confmap/schema.ts";
import type { Signal } from "../../pdata/index.ts";
import { type QueueConfig, type RetryConfig, retryOnFailure, sendingQueue } from "../helper/config.ts";

/** The user's `otlp_http` section. */
export interface OtlpHttpConfig extends HttpClientConfig {
  readonly encoding: "proto" | "json";
  /** Used as they are; empty for the endpoint's own path of the signal. */
  readonly tracesEndpoint: string;
  readonly metricsEndpoint: string;
  readonly logsEndpoint: string;
  readonly sendingQueue: QueueConfig | undefined;
  readonly retryOnFailure: RetryConfig | undefined;
}

const own = struct("otlphttpexporter.Config", {
  encoding: enumOf((written) => `invalid encoding type: ${written}`, ["proto", "json"], "proto"),
  traces_endpoint: string(),
  metrics_endpoint: string(),
  logs_endpoint: string(),
  // Profiles are not among our signals yet; existing configurations have the key.
  profiles_endpoint: string(),
  sending_queue: sendingQueue,
  retry_on_failure: retryOnFailure,
});

export const otlpHttpConfig: Schema<OtlpHttpConfig> = squash(
  own,
  httpClientConfig({ timeout: "30s", compression: "gzip" }),
  function* (config) {
    const { endpoint, tracesEndpoint, metricsEndpoint, logsEndpoint } = config;
    const given = {
      endpoint,
      traces_endpoint: tracesEndpoint,
      metrics_endpoint: metricsEndpoint,
      logs_endpoint: logsEndpoint,
    };
    if (Object.values(given).every((url) => url === "")) yield "at least one endpoint must be specified";
    for (const [key, url] of Object.entries(given)) {
      if (url && !/^https?:$/.test(URL.parse(url)?.protocol ?? "")) yield `${key} must be a valid URL`;
    }
  },
);

const OVERRIDES = { traces: "tracesEndpoint", metrics: "metricsEndpoint", logs: "logsEndpoint" } as const;

/** Where a signal is sent. Throws, in the Collector's words, when nothing says so. */
export function urlOf(config: OtlpHttpConfig, signal: Signal): URL {
  const verbatim = config[OVERRIDES[signal]];
  if (verbatim) return new URL(verbatim);
  if (!config.endpoint) throw new Error(`either endpoint or ${signal}_endpoint must be specified`);
  return new URL(`${config.endpoint}${config.endpoint.endsWith("/") ? "" : "/"}v1/${signal}`);
}
