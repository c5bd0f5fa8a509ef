// The Collector's confighttp for clients: where to send requests, and how.
import { parseDurationMs } from "../../confmap/duration.ts";
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
import {
  COMPRESSIONS,
  type Compression,
  type CompressionParams,
  compressionParams,
  levelProblems,
  unsupportedCompression,
} from "../compression/compress.ts";
import { authConfig, type ExtensionsConfig, middlewares } from "../extensions.ts";
import { type TlsClientConfig, tlsClientConfig } from "../tls/config.ts";

export interface HttpClientConfig extends ExtensionsConfig {
  readonly endpoint: string;
  /** Where requests go through; empty for what the environment says (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`). */
  readonly proxyUrl: string;
  readonly tls: TlsClientConfig;
  /** For the whole of one request; 0 for no limit. */
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: Compression;
  readonly compressionParams: CompressionParams;
  readonly maxIdleConns: number;
  /** 0 for `maxIdleConns`. */
  readonly maxIdleConnsPerHost: number;
  /** 0 for no limit. */
  readonly maxConnsPerHost: number;
  readonly idleConnTimeoutMs: number;
  readonly disableKeepAlives: boolean;
  /** The newer form of the connections that are kept; undefined when it is not given. */
  readonly keepalive: KeepaliveClientConfig | undefined;
  /** Undefined when cookies are not kept. */
  readonly cookies: object | undefined;
  /** Whether servers behind TLS are offered HTTP/2. */
  readonly forceAttemptHttp2: boolean;
  /** After how long without anything from the server an HTTP/2 connection is asked whether it is alive; 0 for never. */
  readonly http2ReadIdleTimeoutMs: number;
  /** How long its answer may take; 0 for 15 s. */
  readonly http2PingTimeoutMs: number;
}

/** Which connections are kept for requests to come. */
export interface KeepaliveClientConfig {
  readonly enabled: boolean;
  readonly idleConnTimeoutMs: number;
  readonly maxIdleConns: number;
  /** 0 for `maxIdleConns`. */
  readonly maxIdleConnsPerHost: number;
}

/** What differs between the components that have an HTTP client. */
export interface HttpClientDefaults {
  readonly timeout: string;
  readonly compression: Compression;
}

const DEFAULTS = { maxIdleConns: 100, idleConnTimeout: "90s" } as const;

/** The connections that are kept, in whichever form the user asked for them. */
export function keptConnections(config: HttpClientConfig): KeepaliveClientConfig {
  const { disableKeepAlives, idleConnTimeoutMs, maxIdleConns, maxIdleConnsPerHost } = config;
  return (
    config.keepalive ?? { enabled: !disableKeepAlives, idleConnTimeoutMs, maxIdleConns, maxIdleConnsPerHost }
  );
}

/** The keys of an HTTP client, squashed into the section of whatever has one. */
export function httpClientConfig(defaults: HttpClientDefaults): Schema<HttpClientConfig> {
  return struct(
    "confighttp.ClientConfig",
    {
      endpoint: string(),
      proxy_url: string(),
      tls: tlsClientConfig,
      timeout: duration(defaults.timeout),
      headers: map(opaque(), { pairs: true }),
      compression: enumOf(unsupportedCompression, COMPRESSIONS, defaults.compression),
      compression_params: compressionParams,
      max_idle_conns: int(DEFAULTS.maxIdleConns),
      max_idle_conns_per_host: int(),
      max_conns_per_host: int(),
      idle_conn_timeout: duration(DEFAULTS.idleConnTimeout),
      disable_keep_alives: bool(),
      keepalive: optional(
        struct("confighttp.KeepaliveClientConfig", {
          enabled: bool(true),
          idle_conn_timeout: duration(DEFAULTS.idleConnTimeout),
          max_idle_conns: int(DEFAULTS.maxIdleConns),
          max_idle_conns_per_host: int(),
        }),
      ),
      cookies: optional(struct("confighttp.CookiesConfig", {})),
      auth: optional(authConfig),
      middlewares,
      http2_read_idle_timeout: duration(),
      http2_ping_timeout: duration(),
      force_attempt_http2: bool(true),
      // Node.js sizes its own buffers; existing configurations have these keys.
      read_buffer_size: int(),
      write_buffer_size: int(),
    },
    clientProblems,
  );
}

function* clientProblems(config: HttpClientConfig): Iterable<Problem> {
  const { compression, compressionParams: params, headers, proxyUrl } = config;
  yield* levelProblems(compression, params);
  if (config.keepalive && hasOlderKeepalive(config)) {
    yield "confighttp.ClientConfig: cannot use deprecated keepalive fields (idle_conn_timeout, max_idle_conns, max_idle_conns_per_host, disable_keep_alives) alongside the 'keepalive' section; migrate to the 'keepalive' section";
  }
  if (proxyUrl && !/^https?:$/.test(URL.parse(proxyUrl)?.protocol ?? "")) {
    yield `proxy_url must be the URL of an HTTP proxy, such as http://proxy:3128, not ${JSON.stringify(proxyUrl)}`;
  }
  for (const [name, value] of Object.entries(headers)) {
    // Found now, since Node.js would refuse each request, and put the value in its error.
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)) {
      yield `headers has ${JSON.stringify(name)}, which is no header's name`;
    }
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      yield `headers[${name}] has a character that no header may have, such as a line's end`;
    }
  }
}

function hasOlderKeepalive(config: HttpClientConfig): boolean {
  const { idleConnTimeoutMs, maxIdleConns, maxIdleConnsPerHost, disableKeepAlives } = config;
  const given = [
    idleConnTimeoutMs !== parseDurationMs(DEFAULTS.idleConnTimeout) && idleConnTimeoutMs !== 0,
    maxIdleConns !== DEFAULTS.maxIdleConns && maxIdleConns !== 0,
    maxIdleConnsPerHost !== 0,
    disableKeepAlives,
  ];
  return given.some(Boolean);
}
