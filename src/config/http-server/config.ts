// The Collector's confighttp.ServerConfig: the keys of every HTTP server.
import {
  bool,
  duration,
  int,
  list,
  map,
  opaque,
  optional,
  type Problem,
  type Schema,
  squash,
  string,
  struct,
} from "../../confmap/schema.ts";
import { type ExtensionsConfig, httpAuthConfig, middlewares } from "../extensions.ts";
import { type AddrConfig, addrConfig } from "../net.ts";
import { type TlsServerConfig, tlsServerConfig } from "../tls/config.ts";

/** The user's `cors` block. */
export interface CorsConfig {
  /** Each may have one `*`, which stands for any text. */
  readonly allowedOrigins: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  /** In seconds; 0 leaves it to the browser. */
  readonly maxAge: number;
}

export interface HttpServerConfig extends AddrConfig, ExtensionsConfig {
  readonly tls: TlsServerConfig | undefined;
  readonly cors: CorsConfig | undefined;
  /** Before and after decompression; 0 for 20 MiB. */
  readonly maxRequestBodySize: number;
  readonly includeMetadata: boolean;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** The encodings that are accepted; when empty, bodies are taken as they are. */
  readonly compressionAlgorithms: readonly string[];
  /** 0 for none, as with the following. */
  readonly readTimeoutMs: number;
  readonly readHeaderTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly keepAlivesEnabled: boolean;
  /** The newer form of the two above; undefined when it is not given. */
  readonly keepalive: { readonly enabled: boolean; readonly idleTimeoutMs: number } | undefined;
}

const ENCODINGS = ["", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4", "x-snappy-framed"];

const cors: Schema<CorsConfig> = struct("confighttp.CORSConfig", {
  allowed_origins: list(string()),
  allowed_headers: list(string()),
  exposed_headers: list(string()),
  max_age: int(),
});

/** The section of a server that listens on `endpoint` unless told otherwise. */
export function httpServerConfig(endpoint: string): Schema<HttpServerConfig> {
  return squash(
    struct("confighttp.ServerConfig", {
      tls: optional(tlsServerConfig),
      cors: optional(cors),
      auth: optional(httpAuthConfig),
      middlewares,
      max_request_body_size: int(),
      include_metadata: bool(),
      response_headers: map(opaque(), { pairs: true }),
      compression_algorithms: list(string(), ENCODINGS),
      read_timeout: duration(),
      read_header_timeout: duration(),
      write_timeout: duration(),
      idle_timeout: duration(),
      keep_alives_enabled: bool(true),
      keepalive: optional(
        struct("confighttp.KeepaliveServerConfig", { enabled: bool(true), idle_timeout: duration("1m") }),
      ),
    }),
    addrConfig(endpoint),
    problems,
  );
}

function* problems({ keepalive, idleTimeoutMs, keepAlivesEnabled }: HttpServerConfig): Iterable<Problem> {
  if (keepalive && (idleTimeoutMs !== 0 || !keepAlivesEnabled)) {
    yield "confighttp.ServerConfig: cannot use deprecated keepalive fields (idle_timeout, keep_alives_enabled) alongside the 'keepalive' section; migrate to the 'keepalive' section";
  }
}
