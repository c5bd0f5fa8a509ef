// An HTTP client by the Collector's settings, over node:http: `fetch` costs three times the memory.
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { CounterRegistry } from "../../component/index.ts";
import { timerMs } from "../../confmap/duration.ts";
import { type Compress, compressor } from "../compression/compress.ts";
import { type Agents, openAgents } from "./agent.ts";
import type { HttpClientConfig } from "./config.ts";
import { CookieJar } from "./cookies.ts";
import type { Http2Sessions } from "./http2.ts";
import { countPost } from "./metrics.ts";

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** No more than was asked for; the rest is discarded. */
  readonly body: Buffer;
}

export interface HttpPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** How much of the answer's body is of interest. */
  readonly maxAnswerBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** Opened by its constructor, which throws when TLS files cannot be loaded. */
export class HttpClient {
  readonly #config: HttpClientConfig;
  readonly #counters: CounterRegistry | undefined;
  readonly #agents: Agents;
  readonly #compress: Compress | undefined;
  readonly #jar: CookieJar | undefined;
  #http2: Http2Sessions | undefined;

  /** `counters` measure requests at the level `detailed`. */
  constructor(config: HttpClientConfig, onTlsFailure: (error: Error) => void, counters?: CounterRegistry) {
    this.#config = config;
    this.#counters = counters;
    this.#agents = openAgents(config, onTlsFailure);
    this.#compress = compressor(config.compression, config.compressionParams);
    this.#jar = config.cookies ? new CookieJar() : undefined;
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
    this.#http2?.close();
  }

  /** Posts `body`, compressed, with the user's headers over those given. Rejects when there is no whole answer. */
  async post(post: HttpPost): Promise<HttpAnswer> {
    post.signal?.throwIfAborted();
    const limit = new AbortController();
    const abort = () => limit.abort(post.signal?.reason);
    post.signal?.addEventListener("abort", abort, { once: true });
    const { timeoutMs } = this.#config;
    const expire = () => limit.abort(new Error(TIMED_OUT));
    const timer = timeoutMs > 0 ? setTimeout(expire, timerMs(timeoutMs)) : undefined;
    try {
      const body = this.#compress ? await this.#compress(post.body) : post.body;
      const headers = this.#headers(post, body);
      return await this.#send({ ...post, body, headers, signal: limit.signal }, true);
    } catch (cause) {
      const reason = limit.signal.aborted ? limit.signal.reason : cause;
      throw new Error(`Post ${JSON.stringify(post.url.href)}: ${messageOf(reason)}`, { cause });
    } finally {
      clearTimeout(timer);
      post.signal?.removeEventListener("abort", abort);
    }
  }

  async #send(post: HttpPost, mayRepeat: boolean): Promise<HttpAnswer> {
    const beganMs = performance.now();
    const overHttp2 = await this.#sendHttp2(post);
    const answer = overHttp2 ?? (await this.#sendHttp1(post, mayRepeat));
    if (this.#counters?.detailed) {
      const measured = { durationMs: performance.now() - beganMs, bodyBytes: post.body.length };
      const httpVersion = overHttp2 ? "2.0" : "1.1";
      countPost(this.#counters, { url: post.url, status: answer.status, httpVersion, ...measured });
    }
    this.#jar?.store(post.url, answer.headers["set-cookie"] ?? []);
    return answer;
  }

  /** Undefined where HTTP/2 is not to be spoken, or not understood. What it takes is loaded when it is wanted. */
  async #sendHttp2(post: HttpPost): Promise<HttpAnswer | undefined> {
    if (post.url.protocol !== "https:" || !this.#config.forceAttemptHttp2 || this.#hasProxy) return undefined;
    const { Http2Sessions } = await import("./http2.ts");
    this.#http2 ??= new Http2Sessions(this.#config, this.#agents.tlsOptions);
    return this.#http2.post(post);
  }

  /** Through a proxy there is HTTP/1.1 alone. */
  get #hasProxy(): boolean {
    return Boolean(this.#config.proxyUrl || process.env.HTTPS_PROXY || process.env.https_proxy);
  }

  async #sendHttp1(post: HttpPost, mayRepeat: boolean): Promise<HttpAnswer> {
    const request = this.#request(post);
    let response: IncomingMessage;
    try {
      response = await answerTo(request, post.body);
    } catch (error) {
      // The server closed a kept connection while the request was on its way: it saw nothing, or nothing whole.
      if (!mayRepeat || !request.reusedSocket || !isReset(error)) throw error;
      return this.#sendHttp1(post, false);
    }
    const body = await readBody(response, post.maxAnswerBytes);
    // Answered early. What is still on its way would be read from memory that its owner may use again.
    if (!request.writableFinished) request.destroy();
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  }

  #request({ url, headers, signal }: HttpPost): ClientRequest {
    const plain = url.protocol === "http:";
    const options = { method: "POST", headers, ...(signal && { signal }) };
    return plain
      ? httpRequest(url, { ...options, agent: this.#agents.http })
      : httpsRequest(url, { ...options, agent: this.#agents.https });
  }

  #headers({ url, headers }: HttpPost, body: Uint8Array): Record<string, string> {
    const { compression } = this.#config;
    const cookie = this.#jar?.header(url);
    const own = {
      ...headers,
      "Content-Length": `${body.length}`,
      ...(this.#compress && { "Content-Encoding": compression }),
      ...(cookie !== undefined && { Cookie: cookie }),
    };
    return overridden(own, this.#config.headers);
  }
}

/** Go's words. */
const TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/** `headers` with `others` in the place of those of the same name, in whatever case. */
function overridden(
  headers: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(Object.keys(others).map((name) => name.toLowerCase()));
  const kept = Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...others };
}

function answerTo(request: ClientRequest, body: Uint8Array): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject); // Again after the response, when the connection breaks: the body's reader is told too.
    request.end(body);
  });
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (length < maxBytes) chunks.push(chunk);
    length += chunk.length;
    if (length > DISCARDED_TIMES * maxBytes) break; // Closes the connection rather than read on.
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

/** How much more than what is of interest is read so that the connection can be kept. */
const DISCARDED_TIMES = 2;

function isReset(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function messageOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) {
    return cause.errors.map((error: Error) => error.message).join("; "); // One for each address that was tried.
  }
  return cause instanceof Error ? cause.message : String(cause);
}
