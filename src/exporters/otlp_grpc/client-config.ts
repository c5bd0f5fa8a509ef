// The Collector's gRPC client settings: where to connect, and how.
import {
  bool,
  duration,
  enumOf,
  int,
  map,
  opaque,
  optional,
  type Problem,
  type Schema,
  string,
  struct,
} from "../../confmap/schema.ts";

/** The user's `tls` block. */
export interface TlsConfig {
  /** Plain text. */
  readonly insecure: boolean;
  readonly insecureSkipVerify: boolean;
  readonly serverNameOverride: string;
  readonly caFile: string;
  readonly caPem: string;
  readonly certFile: string;
  readonly certPem: string;
  readonly keyFile: string;
  readonly keyPem: string;
  readonly includeSystemCaCertsPool: boolean;
  /** `1.0` to `1.3`; empty for the default. */
  readonly minVersion: string;
  readonly maxVersion: string;
}

export interface KeepaliveConfig {
  readonly timeMs: number;
  readonly timeoutMs: number;
  readonly permitWithoutStream: boolean;
}

export interface GrpcClientConfig {
  readonly endpoint: string;
  readonly compression: "gzip" | "none" | "";
  readonly tls: TlsConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly keepalive: KeepaliveConfig | undefined;
  readonly waitForReady: boolean;
  readonly balancerName: string;
  readonly authority: string;
  readonly userAgent: string;
}

const TLS_VERSIONS = ["", "1.0", "1.1", "1.2", "1.3"];

const tlsConfig: Schema<TlsConfig> = struct(
  "configtls.ClientConfig",
  {
    insecure: bool(),
    insecure_skip_verify: bool(),
    server_name_override: string(),
    ca_file: string(),
    ca_pem: opaque(),
    cert_file: string(),
    cert_pem: opaque(),
    key_file: string(),
    key_pem: opaque(),
    include_system_ca_certs_pool: bool(),
    min_version: string(),
    max_version: string(),
  },
  tlsProblems,
);

/** The keys of a gRPC client, squashed into the section of whatever has one. */
export const grpcClientConfig: Schema<GrpcClientConfig> = struct(
  "configgrpc.ClientConfig",
  {
    endpoint: string(),
    compression: enumOf("compression type", ["gzip", "none", ""], "gzip"),
    tls: tlsConfig,
    headers: map(opaque(), { pairs: true }),
    keepalive: optional(
      struct("configgrpc.KeepaliveClientConfig", {
        time: duration("10s"),
        timeout: duration("10s"),
        permit_without_stream: bool(),
      }),
    ),
    wait_for_ready: bool(),
    balancer_name: enumOf("balancer", ["round_robin", "pick_first"], "round_robin"),
    authority: string(),
    user_agent: string(),
    // Node.js sizes its own buffers; the keys are accepted because existing configurations have them.
    read_buffer_size: int(),
    write_buffer_size: int(512 * 1024),
  },
  clientProblems,
);

/** The endpoint as gRPC's resolvers take it: without `http://` and `https://`. */
export function target(endpoint: string): string {
  return endpoint.replace(/^https?:\/\//, "").replace(/\/+$/, "");
}

function* clientProblems({ endpoint, headers }: GrpcClientConfig): Iterable<Problem> {
  yield* headerProblems(headers);
  yield* endpointProblems(endpoint);
}

/** Found now, since gRPC would refuse each request, and put the value in its error. */
function* headerProblems(headers: GrpcClientConfig["headers"]): Iterable<Problem> {
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[0-9a-z_.-]+$/i.test(name)) yield `headers has ${JSON.stringify(name)}, which is no header's name`;
    if (!isBinaryHeader(name) && !/^[ -~]*$/.test(value))
      yield `headers[${name}] has a character that is not printable ASCII, such as a line's end`;
  }
}

/** Whether a header's value is bytes, by gRPC's convention. */
export function isBinaryHeader(name: string): boolean {
  return name.toLowerCase().endsWith("-bin");
}

function* endpointProblems(endpoint: string): Iterable<Problem> {
  const address = target(endpoint);
  if (address === "" || address.startsWith("unix:")) return; // Whether it may be empty is the section's to say.
  const host = address.replace(/^dns:\/\/[^/]*\//, "");
  const port = /^(?:\[[^\]]*\]|[^:]*):(.*)$/.exec(host)?.[1];
  if (port === undefined) yield `address ${host}: missing port in address`;
  else if (port.includes(":")) yield `address ${host}: too many colons in address`;
  else if (!/^\d{1,5}$/.test(port)) yield `invalid port "${port}"`;
}

function* tlsProblems(config: TlsConfig): Iterable<Problem> {
  const { caFile, caPem, certFile, certPem, keyFile, keyPem } = config;
  if (caFile && caPem) yield "provide either a CA file or the PEM-encoded string, but not both";
  if (certFile && certPem) yield "provide either a certificate or the PEM-encoded string, but not both";
  if (keyFile && keyPem) yield "provide either a key or the PEM-encoded string, but not both";
  if (Boolean(certFile || certPem) !== Boolean(keyFile || keyPem)) {
    yield "TLS configuration must include both certificate and key for client connections";
  }
  yield* versionProblems(config);
}

function* versionProblems({ minVersion, maxVersion }: TlsConfig): Iterable<Problem> {
  if (!TLS_VERSIONS.includes(minVersion))
    yield `invalid TLS min_version: unsupported TLS version: ${JSON.stringify(minVersion)}`;
  if (!TLS_VERSIONS.includes(maxVersion))
    yield `invalid TLS max_version: unsupported TLS version: ${JSON.stringify(maxVersion)}`;
  if (maxVersion && minVersion > maxVersion)
    yield "invalid TLS configuration: min_version cannot be greater than max_version";
}
