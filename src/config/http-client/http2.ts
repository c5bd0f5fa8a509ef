// HTTP/2 towards servers behind TLS that offer it, one connection for each: what Go's transport does by default.
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { timerMs } from "../../confmap/duration.ts";
import type { HttpAnswer, HttpPost } from "./client.ts";
import { type HttpClientConfig, keptConnections } from "./config.ts";

/** Go's, where none is given. */
const PING_TIMEOUT_MS = 15_000;

/** What HTTP/2 has no use for. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set(["connection", "host", "transfer-encoding"]);

/** The connections of one client, by origin. */
export class Http2Sessions {
  readonly #config: HttpClientConfig;
  readonly #tlsOptions: (host: string) => ConnectionOptions;
  /** Undefined for an origin that speaks only HTTP/1.1. */
  readonly #sessions = new Map<string, Promise<ClientHttp2Session | undefined>>();

  /** `tlsOptions` gives those of the moment for each connection. */
  constructor(config: HttpClientConfig, tlsOptions: (host: string) => ConnectionOptions) {
    this.#config = config;
    this.#tlsOptions = tlsOptions;
  }

  /** Posts where that can be done over HTTP/2; undefined where it cannot. Rejects when there is no whole answer. */
  async post(post: HttpPost): Promise<HttpAnswer | undefined> {
    try {
      return await this.#post(post);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return this.#post(post);
    }
  }

  async #post(post: HttpPost): Promise<HttpAnswer | undefined> {
    const session = await this.#to(post.url, post.signal);
    if (!session) return undefined;
    try {
      return await postHttp2(session, post);
    } finally {
      if (!keptConnections(this.#config).enabled) session.close();
    }
  }

  /** A connection to the origin of `url`; undefined where that does not speak HTTP/2. Rejects where there is none. */
  async #to(url: URL, signal: AbortSignal | undefined): Promise<ClientHttp2Session | undefined> {
    const known = this.#sessions.get(url.origin);
    const session = known && (await known);
    if (known && (!session || !(session.closed || session.destroyed))) return session;
    if (this.#sessions.get(url.origin) !== known) return this.#to(url, signal); // Another was faster.
    const opening = this.#open(url, signal);
    this.#sessions.set(url.origin, opening);
    opening.catch(() => this.#sessions.delete(url.origin));
    return opening;
  }

  close(): void {
    for (const opening of this.#sessions.values()) {
      opening.then(
        (session) => session?.destroy(),
        () => {}, // Who asked for it was told.
      );
    }
    this.#sessions.clear();
  }

  async #open(url: URL, signal: AbortSignal | undefined): Promise<ClientHttp2Session | undefined> {
    const socket = await this.#connect(url, signal);
    if (socket.alpnProtocol !== "h2") {
      socket.destroy();
      return undefined;
    }
    const session = connectHttp2(url, { createConnection: () => socket });
    session.on("error", () => {}); // Its requests are told.
    const { idleConnTimeoutMs } = keptConnections(this.#config);
    if (idleConnTimeoutMs > 0) session.setTimeout(timerMs(idleConnTimeoutMs), () => session.close());
    this.#watch(session, socket);
    return session;
  }

  #connect(url: URL, signal: AbortSignal | undefined): Promise<TLSSocket> {
    const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    const ALPNProtocols = ["h2", "http/1.1"];
    const socket = connectTls({
      host,
      port: Number(url.port || 443),
      ALPNProtocols,
      ...this.#tlsOptions(host),
    });
    const abort = () => socket.destroy(signal?.reason as Error);
    signal?.addEventListener("abort", abort, { once: true });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
    return promise.finally(() => {
      signal?.removeEventListener("abort", abort);
      socket.off("error", reject);
      socket.on("error", () => {}); // The session's from here on.
    });
  }

  /** Asks a connection from which nothing came for a while whether it is alive, and ends it when it does not answer. */
  #watch(session: ClientHttp2Session, socket: TLSSocket): void {
    const { http2ReadIdleTimeoutMs, http2PingTimeoutMs } = this.#config;
    if (http2ReadIdleTimeoutMs <= 0) return;
    let read = socket.bytesRead;
    const timer = setInterval(() => {
      const isIdle = socket.bytesRead === read;
      read = socket.bytesRead;
      if (isIdle) ping(session, http2PingTimeoutMs || PING_TIMEOUT_MS);
    }, timerMs(http2ReadIdleTimeoutMs)).unref();
    session.once("close", () => clearInterval(timer));
  }
}

function ping(session: ClientHttp2Session, timeoutMs: number): void {
  if (session.closed || session.destroyed) return;
  const lost = () => session.destroy(new Error("http2: client connection lost"));
  const timer = setTimeout(lost, timerMs(timeoutMs)).unref();
  session.ping((error) => {
    clearTimeout(timer);
    if (error) lost();
  });
}

/** The server has not looked at the request, as one that ends a connection says of those that came too late. */
class RefusedError extends Error {
  override readonly name = "RefusedError";
}

async function postHttp2(session: ClientHttp2Session, post: HttpPost): Promise<HttpAnswer> {
  const { url, headers, body, maxAnswerBytes, signal } = post;
  const stream = session.request(
    { ...requestHeaders(headers, url), ":method": "POST", ":path": `${url.pathname}${url.search}` },
    signal ? { signal } : {},
  );
  const { promise, resolve, reject } = Promise.withResolvers<
    HttpAnswer["headers"] & { ":status"?: number }
  >();
  stream.once("response", resolve);
  const fail = (cause: Error) => {
    const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    reject(refused ? new RefusedError(cause.message, { cause }) : cause);
  };
  stream.on("error", fail); // Again after the response: the body's reader is told too.
  stream.once("close", () => reject(new Error("stream closed before the answer")));
  stream.end(Buffer.from(body)); // A copy: how long HTTP/2 holds on to what it was given is not known.
  const answer = await promise;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (length < maxAnswerBytes) chunks.push(chunk);
    length += chunk.length;
  }
  const expected = Number(answer["content-length"] ?? length);
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR || length < expected) throw new Error("unexpected EOF");
  if (!stream.writableFinished) stream.close(constants.NGHTTP2_CANCEL); // Answered early.
  const bytes = Buffer.concat(chunks).subarray(0, maxAnswerBytes);
  return { status: answer[":status"] ?? 0, headers: answer, body: bytes };
}

function requestHeaders(headers: Readonly<Record<string, string>>, url: URL): Record<string, string> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const authority = lower.find(([name]) => name === "host")?.[1] ?? url.host;
  return {
    ...Object.fromEntries(lower.filter(([name]) => !CONNECTION_HEADERS.has(name))),
    ":authority": authority,
  };
}
