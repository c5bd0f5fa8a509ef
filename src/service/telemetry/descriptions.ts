// What is known of each of the agent's own metrics: the words, units and scopes are the Collector's.

/** What a metric is, beside its name. */
export interface Description {
  /** Undefined for metrics that no component of the Collector has. */
  readonly help?: string;
  /** UCUM; curly braces are remarks. */
  readonly unit: string;
  /** The instrumentation scope, by which views select. */
  readonly scope: string;
}

/** How a signal's items are called: in names, in sentences, as a unit. */
const ITEMS = [
  ["spans", "spans", "{span}"],
  ["metric_points", "metric points", "{datapoint}"],
  ["log_records", "log records", "{record}"],
] as const;

const PER_SIGNAL: Readonly<Record<string, (items: string) => string>> = {
  otelcol_receiver_accepted_: (items) => `Number of ${items} successfully pushed into the pipeline. [Alpha]`,
  otelcol_receiver_refused_: (items) =>
    `Number of ${items} that could not be pushed into the pipeline. [Alpha]`,
  otelcol_receiver_failed_: (items) =>
    `The number of ${items} that failed to be processed by the receiver due to internal errors. [Alpha]`,
  otelcol_exporter_sent_: (items) =>
    `Number of ${items.replace("log records", "log record")} successfully sent to destination. [Alpha]`,
  otelcol_exporter_send_failed_: (items) =>
    `Number of ${items} in failed attempts to send to destination. At detailed telemetry level, includes attributes: error.type (semantic convention), error.permanent. [Alpha]`,
  otelcol_exporter_enqueue_failed_: (items) =>
    `Number of ${items} failed to be added to the sending queue. [Alpha]`,
  otelcol_processor_memory_limiter_accepted_: (items) =>
    `Number of ${items} successfully pushed into the next component in the pipeline. [Alpha]`,
  otelcol_processor_memory_limiter_refused_: (items) =>
    `Number of ${items} that were rejected by the next component in the pipeline. [Alpha]`,
};

const SINGLE: Readonly<Record<string, readonly [help: string, unit: string]>> = {
  otelcol_exporter_in_flight_requests: [
    "Number of export requests currently in-flight (including retry backoff). [Development]",
    "{request}",
  ],
  otelcol_exporter_queue_capacity: ["Fixed capacity of the retry queue (in batches). [Alpha]", "{batch}"],
  otelcol_exporter_queue_size: ["Current size of the retry queue (in batches). [Alpha]", "{batch}"],
  otelcol_exporter_enqueue_size: [
    "Number of units in the request added to the sending queue. Only available on detailed level. [Development]",
    "{unit}",
  ],
  otelcol_exporter_enqueue_size_bytes: [
    "Number of bytes in the request added to the sending queue. Only available on detailed level. [Development]",
    "By",
  ],
  otelcol_exporter_queue_batch_send_size: [
    "Number of units in the batch. Only recorded when batching is enabled. Only available on detailed level. [Development]",
    "{unit}",
  ],
  otelcol_exporter_queue_batch_send_size_bytes: [
    "Number of bytes in batch that was sent. Only recorded when batching is enabled. Only available on detailed level. [Development]",
    "By",
  ],
  otelcol_processor_incoming_items: ["Number of items passed to the processor. [Alpha]", "{item}"],
  otelcol_processor_outgoing_items: ["Number of items emitted from the processor. [Alpha]", "{item}"],
  otelcol_processor_batch_batch_send_size: ["Number of units in the batch [Development]", "{unit}"],
  otelcol_processor_batch_batch_send_size_bytes: [
    "Number of bytes in batch that was sent. Only available on detailed level. [Development]",
    "By",
  ],
  otelcol_processor_batch_batch_size_trigger_send: [
    "Number of times the batch was sent due to a size trigger [Development]",
    "{time}",
  ],
  otelcol_processor_batch_timeout_trigger_send: [
    "Number of times the batch was sent due to a timeout trigger [Development]",
    "{time}",
  ],
  otelcol_processor_batch_metadata_cardinality: [
    "Number of distinct metadata value combinations being processed [Development]",
    "{combination}",
  ],
  otelcol_processor_internal_duration: [
    "Duration of time taken to process a batch of telemetry data through the processor. [Alpha]",
    "s",
  ],
  "http.client.request.duration": ["Duration of HTTP client requests.", "s"],
  "http.client.request.body.size": ["Size of HTTP client request bodies.", "By"],
  "rpc.client.call.duration": ["Measures the duration of an outgoing Remote Procedure Call (RPC).", "s"],
  "http.server.request.duration": ["Duration of HTTP server requests.", "s"],
  "http.server.request.body.size": ["Size of HTTP server request bodies.", "By"],
  "http.server.response.body.size": ["Size of HTTP server response bodies.", "By"],
  "rpc.server.call.duration": ["Measures the duration of an incoming Remote Procedure Call (RPC).", "s"],
  otelcol_process_cpu_seconds: ["Total CPU user and system time in seconds [Alpha]", "s"],
  otelcol_process_memory_rss: ["Total physical memory (resident set size) [Alpha]", "By"],
  otelcol_process_runtime_heap_alloc_bytes: ["Bytes of allocated heap objects [Alpha]", "By"],
  otelcol_process_runtime_total_alloc_bytes: ["Cumulative bytes allocated for heap objects [Alpha]", "By"],
  otelcol_process_runtime_total_sys_memory_bytes: [
    "Total bytes of memory obtained from the OS [Alpha]",
    "By",
  ],
  otelcol_process_uptime: ["Uptime of the process [Alpha]", "s"],
};

/** Scopes by the beginning of the names, the longest first. */
const SCOPES = [
  ["otelcol_processor_batch_", "go.opentelemetry.io/collector/processor/batchprocessor"],
  ["otelcol_processor_memory_limiter_", "go.opentelemetry.io/collector/processor/memorylimiterprocessor"],
  ["otelcol_processor_", "go.opentelemetry.io/collector/processor/processorhelper"],
  ["otelcol_receiver_", "go.opentelemetry.io/collector/receiver/receiverhelper"],
  ["otelcol_scraper_", "go.opentelemetry.io/collector/scraper/scraperhelper"],
  ["otelcol_exporter_", "go.opentelemetry.io/collector/exporter/exporterhelper"],
  ["http.", "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"],
  ["rpc.", "go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"],
  ["otelcol_process_", "go.opentelemetry.io/collector/service"],
] as const;

const descriptions = new Map<string, Description>(
  [
    ...Object.entries(SINGLE),
    ...Object.entries(PER_SIGNAL).flatMap(([prefix, help]) =>
      ITEMS.map(([name, words, unit]): [string, [string, string]] => [prefix + name, [help(words), unit]]),
    ),
  ].map(([name, [help, unit]]) => [name, { help, unit, scope: scopeOf(name) }]),
);

/** What is known of a metric. */
export function describe(name: string): Description {
  return descriptions.get(name) ?? { unit: "", scope: scopeOf(name) };
}

function scopeOf(name: string): string {
  return SCOPES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? "wattspan";
}
