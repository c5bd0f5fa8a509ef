// The Collector's configgrpc.ServerConfig: the keys of every gRPC server.
import {
  bool,
  duration,
  int,
  optional,
  type Problem,
  type Schema,
  squash,
  struct,
  uint,
} from "../../confmap/schema.ts";
import { authConfig, type ExtensionsConfig, middlewares } from "../extensions.ts";
import { type AddrConfig, addrConfig } from "../net.ts";
import { type TlsServerConfig, tlsServerConfig } from "../tls/config.ts";

/** When the server ends connections, or asks whether they are still alive. 0 is gRPC's default. */
export interface KeepaliveServerParameters {
  readonly maxConnectionIdleMs: number;
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  readonly timeMs: number;
  readonly timeoutMs: number;
}

/** How often clients may ask. 0 is gRPC's default. */
export interface KeepaliveEnforcementPolicy {
  readonly minTimeMs: number;
  readonly permitWithoutStream: boolean;
}

export interface KeepaliveServerConfig {
  readonly serverParameters: KeepaliveServerParameters | undefined;
  readonly enforcementPolicy: KeepaliveEnforcementPolicy | undefined;
}

export interface GrpcServerConfig extends AddrConfig, ExtensionsConfig {
  readonly tls: TlsServerConfig | undefined;
  /** 0 for gRPC's 4. */
  readonly maxRecvMsgSizeMib: number;
  /** For each connection; 0 for no limit. */
  readonly maxConcurrentStreams: number;
  readonly keepalive: KeepaliveServerConfig | undefined;
  readonly includeMetadata: boolean;
  /** Accepted because configurations have it; Node.js sizes its own buffers. */
  readonly readBufferSize: number;
  readonly writeBufferSize: number;
}

const keepalive: Schema<KeepaliveServerConfig> = struct("configgrpc.KeepaliveServerConfig", {
  server_parameters: optional(
    struct("configgrpc.KeepaliveServerParameters", {
      max_connection_idle: duration(),
      max_connection_age: duration(),
      max_connection_age_grace: duration(),
      time: duration(),
      timeout: duration(),
    }),
    { on: true },
  ),
  enforcement_policy: optional(
    struct("configgrpc.KeepaliveEnforcementPolicy", { min_time: duration(), permit_without_stream: bool() }),
    { on: true },
  ),
});

/** The section of a server that listens on `endpoint` unless told otherwise. */
export function grpcServerConfig(endpoint: string): Schema<GrpcServerConfig> {
  return squash(
    struct("configgrpc.ServerConfig", {
      tls: optional(tlsServerConfig),
      max_recv_msg_size_mib: int(),
      max_concurrent_streams: uint(),
      keepalive: optional(keepalive, { on: true }),
      auth: optional(authConfig),
      middlewares,
      include_metadata: bool(),
      read_buffer_size: int(512 * 1024),
      write_buffer_size: int(),
    }),
    addrConfig(endpoint),
    problems,
  );
}

function* problems(config: GrpcServerConfig): Iterable<Problem> {
  const { maxRecvMsgSizeMib, readBufferSize, writeBufferSize } = config;
  if (maxRecvMsgSizeMib < 0) {
    yield `invalid max_recv_msg_size_mib value, must be between 1 and ${MAX_INT_MIB}: ${maxRecvMsgSizeMib}`;
  }
  if (readBufferSize < 0) yield "read_buffer_size value must be greater than or equal to 0";
  if (writeBufferSize < 0) yield "write_buffer_size value must be greater than or equal to 0";
}

/** Go's largest int, in MiB. */
const MAX_INT_MIB = 2n ** 63n / 2n ** 20n - 1n;
