// Connections of an HTTP client: how many are kept, through which proxy, with which certificates.
import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { timerMs } from "../../confmap/duration.ts";
import { loadTls } from "../tls/load.ts";
import { ReloadingTls } from "../tls/reload.ts";
import { type HttpClientConfig, keptConnections } from "./config.ts";

/** The agents of one client: for plain text, and for TLS. */
export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** TLS options of the moment for a connection that none of these makes. */
  readonly tlsOptions: (host: string) => ConnectionOptions;
}

/** Throws when TLS files cannot be loaded; `onFailure` is told when that happens later, on a reload. */
export function openAgents(config: HttpClientConfig, onFailure: (error: Error) => void): Agents {
  const { tls, proxyUrl } = config;
  const kept = keptConnections(config);
  const source = new ReloadingTls(tls, () => loadTls(tls), onFailure);
  const options: AgentOptions = {
    keepAlive: kept.enabled,
    maxSockets: config.maxConnsPerHost || Infinity,
    maxFreeSockets: kept.maxIdleConnsPerHost || kept.maxIdleConns || Infinity,
    ...(kept.idleConnTimeoutMs > 0 && { timeout: timerMs(kept.idleConnTimeoutMs) }),
    proxyEnv: proxyUrl ? { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } : process.env,
  };
  const secure = {
    rejectUnauthorized: !tls.insecureSkipVerify,
    // A session that is resumed goes on with the certificate it began with.
    ...(tls.reloadIntervalMs > 0 && { maxCachedSessions: 0 }),
    ...(tls.serverNameOverride && { servername: tls.serverNameOverride }),
  };
  return {
    http: new HttpAgent(options),
    https: new ReloadingAgent({ ...options, ...secure }, source),
    tlsOptions: (host) => ({
      ...(isIP(host) === 0 && { servername: host }),
      ...secure,
      secureContext: source.context(),
    }),
  };
}

/** Uses the certificates of the moment for each connection. */
class ReloadingAgent extends HttpsAgent {
  readonly #source: ReloadingTls;

  constructor(options: AgentOptions, source: ReloadingTls) {
    super(options);
    this.#source = source;
  }

  override createConnection(
    ...[options, done]: Parameters<HttpsAgent["createConnection"]>
  ): ReturnType<HttpsAgent["createConnection"]> {
    return super.createConnection(
      { ...options, secureContext: this.#source.context() } as typeof options,
      done,
    );
  }
}
