// The Collector's configgrpc for clients: where to connect, and how.
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
import { unsupportedCompression } from "../compression/compress.ts";
import { authConfig, type ExtensionsConfig, middlewares } from "../extensions.ts";
import { type TlsClientConfig, tlsClientConfig } from "../tls/config.ts";

/** What the Collector's gRPC knows; `none` and empty are none. */
export const GRPC_COMPRESSIONS = ["gzip", "snappy", "zstd", "none", ""] as const;
export type GrpcCompression = (typeof GRPC_COMPRESSIONS)[number];

export interface KeepaliveConfig {
  readonly timeMs: number;
  readonly timeoutMs: number;
  readonly permitWithoutStream: boolean;
}

export interface GrpcClientConfig extends ExtensionsConfig {
  readonly endpoint: string;
  readonly compression: GrpcCompression;
  readonly tls: TlsClientConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly keepalive: KeepaliveConfig | undefined;
  readonly waitForReady: boolean;
  readonly balancerName: string;
  readonly authority: string;
  readonly userAgent: string;
}

/** The keys of a gRPC client, squashed into the section of whatever has one. */
export const grpcClientConfig: Schema<GrpcClientConfig> = struct(
  "configgrpc.ClientConfig",
  {
    endpoint: string(),
    compression: enumOf(unsupportedCompression, GRPC_COMPRESSIONS, "gzip"),
    tls: tlsClientConfig,
    headers: map(opaque(), { pairs: true }),
    keepalive: optional(
      struct("configgrpc.KeepaliveClientConfig", {
        time: duration("10s"),
        timeout: duration("10s"),
        permit_without_stream: bool(),
      }),
    ),
    wait_for_ready: bool(),
    balancer_name: string("round_robin"),
    authority: string(),
    user_agent: string(),
    auth: optional(authConfig),
    middlewares,
    // Node.js sizes its own buffers; the keys are accepted because existing configurations have them.
    read_buffer_size: int(),
    write_buffer_size: int(512 * 1024),
  },
  clientProblems,
);

/**
 * The endpoint as gRPC's resolvers take it: without `http://` and `https://`. grpc-go's `passthrough` has the system look
 * the name up when it connects, which here is what `dns` does.
 */
export function target(endpoint: string): string {
  return endpoint
    .replace(/^https?:\/\//, "")
    .replace(/^passthrough:\/\/[^/]*\//, "dns:///")
    .replace(/\/+$/, "");
}

/** Those that grpc-js has. */
const BALANCERS: ReadonlySet<string> = new Set(["", "round_robin", "pick_first"]);

function* clientProblems({ endpoint, headers, balancerName }: GrpcClientConfig): Iterable<Problem> {
  yield* headerProblems(headers);
  yield* endpointProblems(endpoint);
  if (!BALANCERS.has(balancerName)) yield `invalid balancer_name: ${balancerName}`;
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
