// The Collector's confighttp for clients: where to send requests, and how.
import {
  bool,
  duration,
  enumOf,
  int,
  map,
  opaque,
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
} from "../compression/compress.ts";
import { type TlsClientConfig, tlsClientConfig } from "../tls/config.ts";

export interface HttpClientConfig {
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
  readonly cookies: { readonly enabled: boolean };
}

/** What differs between the components that have an HTTP client. */
export interface HttpClientDefaults {
  readonly timeout: string;
  readonly compression: Compression;
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
      compression: enumOf("compression type", COMPRESSIONS, defaults.compression),
      compression_params: compressionParams,
      max_idle_conns: int(100),
      max_idle_conns_per_host: int(),
      max_conns_per_host: int(),
      idle_conn_timeout: duration("90s"),
      disable_keep_alives: bool(),
      cookies: struct("confighttp.CookiesConfig", { enabled: bool() }),
      // Node.js sizes its own buffers, and requests are made over HTTP/1.1; existing configurations have these keys.
      read_buffer_size: int(),
      write_buffer_size: int(),
      http2_read_idle_timeout: duration(),
      http2_ping_timeout: duration(),
      force_attempt_http2: bool(true),
    },
    clientProblems,
  );
}

function* clientProblems({
  compression,
  compressionParams: params,
  headers,
  proxyUrl,
}: HttpClientConfig): Iterable<Problem> {
  yield* levelProblems(compression, params);
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
