// What the OpenTelemetry SDK's exporters are told, from `exporter.otlp`. Loaded only where such an exporter is configured.
import { readFileSync } from "node:fs";
import { type ChannelCredentials, credentials, Metadata } from "@grpc/grpc-js";
import type { OtlpExporterConfig } from "./otlp-schema.ts";

/** Options for exporters over HTTP. */
export interface HttpTarget {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly timeoutMillis: number;
  readonly compression: never;
  readonly httpAgentOptions: object;
}

/** Options for exporters over gRPC. */
export interface GrpcTarget {
  readonly url: string;
  readonly metadata: Metadata;
  readonly credentials: ChannelCredentials;
  readonly timeoutMillis: number;
  readonly compression: never;
}

/** Where OTLP/HTTP goes: an endpoint without a path gets the signal's. */
export function httpTarget(config: OtlpExporterConfig, signal: "traces" | "metrics" | "logs"): HttpTarget {
  const url = new URL(withScheme(config, "localhost:4318"));
  if (url.pathname === "/") url.pathname = `/v1/${signal}`;
  return {
    url: url.href,
    headers: { ...config.headers },
    timeoutMillis: config.timeout,
    compression: compressionOf(config),
    httpAgentOptions: { keepAlive: true, ...pems(config) },
  };
}

/** Where OTLP/gRPC goes. */
export function grpcTarget(config: OtlpExporterConfig): GrpcTarget {
  const url = withScheme(config, "localhost:4317");
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(config.headers)) metadata.set(name, value);
  const { ca = null, key = null, cert = null } = pems(config);
  const plain = url.startsWith("http://");
  return {
    url,
    metadata,
    credentials: plain ? credentials.createInsecure() : credentials.createSsl(ca, key, cert),
    timeoutMillis: config.timeout,
    compression: compressionOf(config),
  };
}

function withScheme({ endpoint, insecure }: OtlpExporterConfig, fallback: string): string {
  const given = endpoint || fallback;
  if (/^https?:\/\//.test(given)) return given;
  return `${insecure ? "http" : "https"}://${given}`;
}

/** The SDK's enumeration of names, which is not exported where we may import it. */
function compressionOf({ compression }: OtlpExporterConfig): never {
  return (compression === "gzip" ? "gzip" : "none") as never;
}

function pems({ certificate, clientCertificate, clientKey }: OtlpExporterConfig): {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
} {
  return {
    ...(certificate && { ca: readFileSync(certificate) }),
    ...(clientCertificate && { cert: readFileSync(clientCertificate) }),
    ...(clientKey && { key: readFileSync(clientKey) }),
  };
}
