// How a client is told where to send and how: by the variables of the OpenTelemetry specification.

/** The protocols, as OTEL_EXPORTER_OTLP_PROTOCOL names them. */
export type Protocol = "grpc" | "http/protobuf" | "http/json";

/** One way to send. */
export interface Transport {
  readonly protocol: Protocol;
  readonly compression: "none" | "gzip";
  /** The file of the certificate to trust; without one there is no TLS. */
  readonly caFile?: string;
  /** Metrics are sent as differences. */
  readonly isDelta?: boolean;
  /** How long it may try, in what the SDK takes the variable's unit for. */
  readonly timeout?: string;
}

/** What would speak for itself: Python's requests prefers its own bundle of certificates to the one it is told. */
const OWN = /^(OTEL_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/;

/** The environment of a client. */
export function environment(transport: Transport, port: number): NodeJS.ProcessEnv {
  const { protocol, compression, caFile, isDelta, timeout } = transport;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN.test(name))),
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
    OTEL_EXPORTER_OTLP_ENDPOINT: caFile ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: isDelta ? "delta" : "cumulative",
    // Not every SDK knows "none", which is what all do without it.
    ...(compression === "gzip" ? { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" } : {}),
    ...(timeout ? { OTEL_EXPORTER_OTLP_TIMEOUT: timeout } : {}),
    ...(caFile ? { OTEL_EXPORTER_OTLP_CERTIFICATE: caFile } : {}),
  };
}

/** As a person would say it. */
export function describeTransport({ protocol, compression, caFile }: Transport): string {
  const name = { grpc: "gRPC", "http/protobuf": "HTTP", "http/json": "HTTP/JSON" }[protocol];
  return [name, compression === "gzip" ? "gzip" : "", caFile ? "TLS" : ""].filter(Boolean).join(", ");
}
