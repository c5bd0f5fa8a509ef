// How the agent's own telemetry is sent: the exporters of OpenTelemetry's declarative configuration 0.3.
import {
  bool,
  int,
  list,
  map,
  opaque,
  optional,
  type Problem,
  type Schema,
  string,
  struct,
} from "../../confmap/schema.ts";

/** Where and how to send OTLP. */
export interface OtlpExporterConfig {
  readonly protocol: string;
  readonly endpoint: string;
  readonly insecure: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: string;
  /** Milliseconds. */
  readonly timeout: number;
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** Of metrics alone: `cumulative`, `delta` or `lowmemory`. */
  readonly temporalityPreference: string;
}

export interface ExporterConfig {
  readonly otlp: OtlpExporterConfig | undefined;
  readonly console: object | undefined;
}

/** What log records or spans go through before they are sent; one of the two. */
export interface ProcessorConfig {
  readonly batch: BatchProcessorConfig | undefined;
  readonly simple: { readonly exporter: ExporterConfig } | undefined;
}

/** Times in milliseconds. */
export interface BatchProcessorConfig {
  readonly exporter: ExporterConfig;
  readonly scheduleDelay: number;
  readonly exportTimeout: number;
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
}

export const PROTOCOLS: readonly string[] = ["grpc", "http/protobuf"];

const otlp: Schema<OtlpExporterConfig> = struct(
  "config.OTLP",
  {
    protocol: string("http/protobuf"),
    endpoint: string(),
    insecure: bool(),
    headers: map(opaque(), { pairs: true }),
    compression: string(),
    timeout: int(10_000),
    certificate: string(),
    client_certificate: string(),
    client_key: string(),
    temporality_preference: string("cumulative"),
  },
  (config) =>
    PROTOCOLS.includes(config.protocol) ? [] : [`unsupported protocol ${JSON.stringify(config.protocol)}`],
);

export const exporter: Schema<ExporterConfig> = struct(
  "config.Exporter",
  { otlp: optional(otlp), console: optional(struct("config.Console", {})) },
  (config) => onlyOne(config, "exporter"),
);

export const processors: Schema<readonly ProcessorConfig[]> = list(
  struct(
    "config.Processor",
    {
      batch: optional(
        struct("config.BatchProcessor", {
          exporter,
          schedule_delay: int(5000),
          export_timeout: int(30_000),
          max_queue_size: int(2048),
          max_export_batch_size: int(512),
        }),
      ),
      simple: optional(struct("config.SimpleProcessor", { exporter })),
    },
    (config) => onlyOne(config, "processor"),
  ),
);

/** Exactly one of the blocks of such a section must be there. */
export function onlyOne(config: Readonly<Record<string, unknown>>, what: string): readonly Problem[] {
  const given = Object.values(config).filter((block) => block !== undefined);
  if (given.length === 1) return [];
  return [given.length === 0 ? `no valid ${what}` : `must not specify multiple ${what}s`];
}
