// The pipelines that are measured, and what goes through each.
import type { InputName } from "./inputs.ts";
import type { Compression, Protocol } from "./wire.ts";

export interface Scenario {
  readonly name: string;
  readonly input: InputName;
  readonly protocol: Protocol;
  /** On both ends of the pipeline. */
  readonly compression: Compression;
  /** YAML of processors beside memory_limiter and batch, in their order. */
  readonly processors: Readonly<Record<string, string>>;
  readonly exporter: "otlp" | "prometheus";
  /** How many times the Collector's items per CPU-second ours are to be. */
  readonly target: number;
}

const PASS_THROUGH = { protocol: "grpc", processors: {}, exporter: "otlp", target: 3 } as const;

const RESOURCE = {
  resource: `
    attributes:
      - {key: deployment.environment.name, action: upsert, value: production}
      - {key: k8s.pod.uid, action: delete}`,
};

const ATTRIBUTES = {
  attributes: `
    actions:
      - {key: deployment.environment.name, action: insert, value: production}
      - {key: url.path, action: update, value: /redacted}
      - {key: server.address, action: delete}
      - {key: user.id, action: hash}`,
};

export const SCENARIOS: readonly Scenario[] = [
  { ...PASS_THROUGH, name: "pass-through, large spans", input: "large spans", compression: "none" },
  { ...PASS_THROUGH, name: "pass-through, large spans, gzip", input: "large spans", compression: "gzip" },
  { ...PASS_THROUGH, name: "pass-through, small spans", input: "small spans", compression: "none" },
  { ...PASS_THROUGH, name: "pass-through, small spans, gzip", input: "small spans", compression: "gzip" },
  { ...PASS_THROUGH, name: "pass-through, data points", input: "data points", compression: "none" },
  { ...PASS_THROUGH, name: "pass-through, log records", input: "log records", compression: "none" },
  {
    ...PASS_THROUGH,
    name: "resource, large spans",
    input: "large spans",
    compression: "none",
    processors: RESOURCE,
    target: 2,
  },
  {
    ...PASS_THROUGH,
    name: "attributes, large spans",
    input: "large spans",
    compression: "none",
    processors: ATTRIBUTES,
    target: 1,
  },
  {
    ...PASS_THROUGH,
    name: "JSON in, large spans",
    input: "large spans in JSON",
    protocol: "http/json",
    compression: "none",
    target: 1,
  },
  {
    ...PASS_THROUGH,
    name: "prometheus, data points",
    input: "data points",
    compression: "none",
    exporter: "prometheus",
    target: 1,
  },
];

/** Where a scenario's processes find each other. */
export interface Ports {
  readonly grpc: number;
  readonly http: number;
  readonly backend: number;
  readonly prometheus: number;
}

/** The configuration, which the Collector takes too. */
export function configOf(
  { processors, exporter, compression }: Scenario,
  signal: string,
  ports: Ports,
): string {
  const named = Object.entries(processors).map(([name, yaml]) => `  ${name}:${yaml}`);
  const names = ["memory_limiter", ...Object.keys(processors), "batch"];
  return `
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "127.0.0.1:${ports.grpc}", max_recv_msg_size_mib: 64}
      http: {endpoint: "127.0.0.1:${ports.http}"}
processors:
  memory_limiter: {check_interval: 1s, limit_mib: 4000}
${named.join("\n")}
  batch:
exporters:
  ${EXPORTERS[exporter](ports, compression)}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    ${signal}: {receivers: [otlp], processors: [${names.join(", ")}], exporters: [${exporter}]}
`;
}

const EXPORTERS: Readonly<Record<Scenario["exporter"], (ports: Ports, compression: Compression) => string>> =
  {
    otlp: ({ backend }, compression) =>
      `otlp: {endpoint: "127.0.0.1:${backend}", tls: {insecure: true}, compression: ${compression}}`,
    prometheus: ({ prometheus }) => `prometheus: {endpoint: "127.0.0.1:${prometheus}"}`,
  };
