import { type HttpServerConfig, httpServerConfig } from "../../config/http-server/config.ts";
import {
  bool,
  duration,
  map,
  optional,
  type Problem,
  type Schema,
  squash,
  string,
  struct,
} from "../../confmap/schema.ts";
import { type QueueConfig, queueConfig } from "../helper/config.ts";
import { TRANSLATION_STRATEGIES } from "./naming.ts";
import { type ResourceConversionConfig, resourceConversion } from "./resource-conversion.ts";

/** The user's `prometheus` section. */
export interface PrometheusConfig extends HttpServerConfig {
  readonly sendingQueue: QueueConfig | undefined;
  readonly namespace: string;
  readonly constLabels: Readonly<Record<string, string>>;
  /** Shows the time of each data point; otherwise the scraper takes the time of the scrape. */
  readonly sendTimestamps: boolean;
  /** How long a series is shown that gets no data. */
  readonly metricExpirationMs: number;
  readonly resourceToTelemetryConversion: ResourceConversionConfig;
  readonly enableOpenMetrics: boolean;
  readonly withoutScopeInfo: boolean;
  /** The older way to ask for names without suffixes; without effect, as in the Collector. */
  readonly addMetricSuffixes: boolean;
  /** Empty for the default, UnderscoreEscapingWithSuffixes. */
  readonly translationStrategy: string;
}

export const prometheusConfig: Schema<PrometheusConfig> = squash(
  struct("prometheusexporter.Config", {
    sending_queue: optional(queueConfig),
    namespace: string(),
    const_labels: map(string()),
    send_timestamps: bool(),
    metric_expiration: duration("5m"),
    resource_to_telemetry_conversion: resourceConversion,
    enable_open_metrics: bool(),
    without_scope_info: bool(),
    add_metric_suffixes: bool(true),
    translation_strategy: string(),
  }),
  httpServerConfig(""),
  problems,
);

function* problems({ endpoint, translationStrategy }: PrometheusConfig): Iterable<Problem> {
  if (endpoint.trim() === "") yield "expecting a non-blank address to run the Prometheus metrics handler";
  if (translationStrategy !== "" && !(translationStrategy in TRANSLATION_STRATEGIES)) {
    yield `invalid translation_strategy: ${translationStrategy}`;
  }
}
