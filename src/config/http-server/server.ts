// An HTTP server after the Collector's confighttp: HTTP/1.1, with TLS also HTTP/2.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import type { CounterRegistry, Host, Logger } from "../../component/index.ts";
import { timerMs } from "../../confmap/duration.ts";
import { type Decompress, HTTP_ENCODINGS } from "../compression/decompress.ts";
import { refuseExtensions } from "../extensions.ts";
import { listen, reportAccepting } from "../net.ts";
import type { InFlight } from "../server/in-flight.ts";
import { ServerTls } from "../tls/server.ts";
import { readBody } from "./body.ts";
import type { HttpServerConfig } from "./config.ts";
import { Connections } from "./connections.ts";
import { Cors } from "./cors.ts";
import { MeasuredRequest } from "./metrics.ts";
import { clientOf, type HttpAnswer, type HttpRequest, headOf, type RequestHead } from "./request.ts";

const DEFAULT_MAX_BODY_BYTES = 20 * 2 ** 20;
/** Go's. */
const MAX_HEADER_BYTES = 2 ** 20;
/** How often Node.js looks for requests that take longer than they may. */
const TIMEOUT_CHECK_MS = 1000;
/** As long as Go waits. */
const LINGER_MS = 500;

type Incoming = IncomingMessage | Http2ServerRequest;
type Outgoing = ServerResponse | Http2ServerResponse;

/** What a server is made of. */
export interface HttpServerOptions {
  readonly config: HttpServerConfig;
  /** Answers every request; a rejection is answered 500. */
  readonly handler: (request: HttpRequest) => Promise<HttpAnswer>;
  /** The answer to a request that never gets to the handler. */
  readonly errorAnswer: (head: RequestHead, message: string, status: number) => HttpAnswer;
  readonly inFlight: InFlight;
  readonly logger: Logger;
  /** What requests are measured by at the level `detailed`; undefined where nobody wants to know. */
  readonly counters?: CounterRegistry;
}

/** Serves from `start` to `shutdown`. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #config: HttpServerConfig;
  readonly #maxBodyBytes: number;
  readonly #cors: Cors | undefined;
  readonly #connections = new Connections();
  readonly #keepAlive: boolean;
  #server: Server | Http2SecureServer | undefined;

  constructor(options: HttpServerOptions) {
    const { config } = options;
    this.#options = options;
    this.#config = config;
    this.#maxBodyBytes = config.maxRequestBodySize > 0 ? config.maxRequestBodySize : DEFAULT_MAX_BODY_BYTES;
    this.#cors = config.cors && config.cors.allowedOrigins.length > 0 ? new Cors(config.cors) : undefined;
    this.#keepAlive = config.keepalive?.enabled ?? config.keepAlivesEnabled;
  }

  /** Listens. Gives the address, or rejects in Go's words. `host` is told when connections cannot be accepted. */
  async start(host: Host): Promise<string> {
    refuseExtensions(host, "HTTP server", this.#config);
    const { cors } = this.#config;
    if (cors && !this.#cors && cors.allowedHeaders.length > 0) {
      this.#options.logger.warn(
        {},
        "The CORS configuration specifies allowed headers but no allowed origins, and is therefore ignored.",
      );
    }
    const server = this.#create();
    server.on("request", (request: Incoming, response: Outgoing) => {
      this.#serve(request, response).catch((error: Error) => this.#broken(request, error));
    });
    const address = await listen(server, this.#config);
    reportAccepting(server, host);
    this.#server = server;
    return address;
  }

  /** Lets requests that have begun end, until `signal` aborts. Safe before `start`, and twice. */
  async shutdown(signal: AbortSignal): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await this.#connections.drain(closed, signal);
  }

  #create(): Server | Http2SecureServer {
    const { tls } = this.#config;
    const server = tls ? this.#createSecure(tls) : createServer(this.#http1Options());
    if (!tls) this.#setTimeouts(server as Server);
    server.on(tls ? "secureConnection" : "connection", (socket) => this.#connections.add(socket));
    server.on("session", (session: ServerHttp2Session) => {
      session.on("error", () => {}); // Told as the server's sessionError.
      this.#connections.addSession(session);
    });
    return server;
  }

  #createSecure(tls: NonNullable<HttpServerConfig["tls"]>): Http2SecureServer {
    const { logger } = this.#options;
    const serverTls = new ServerTls(tls, logger);
    const server = createSecureServer({ ...this.#http1Options(), ...serverTls.options, allowHTTP1: true });
    serverTls.follow(server);
    const broken = (error: Error) => logger.debug({ error: error.message }, "Connection failed.");
    server.on("tlsClientError", broken);
    server.on("sessionError", broken);
    return server;
  }

  #http1Options(): object {
    const { readTimeoutMs, readHeaderTimeoutMs } = this.#config;
    return {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: timerMs(readTimeoutMs),
      headersTimeout: timerMs(readHeaderTimeoutMs || readTimeoutMs),
      keepAliveTimeout: this.#idleTimeoutMs(),
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    };
  }

  #idleTimeoutMs(): number {
    const { keepalive, idleTimeoutMs, readTimeoutMs } = this.#config;
    return timerMs((keepalive?.idleTimeoutMs ?? idleTimeoutMs) || readTimeoutMs);
  }

  #setTimeouts(server: Server): void {
    server.keepAliveTimeout = this.#idleTimeoutMs(); // As an option, 0 would mean Node's 5 seconds.
    server.timeout = 0;
  }

  async #serve(request: Incoming, response: Outgoing): Promise<void> {
    const { writeTimeoutMs } = this.#config;
    const { socket } = request;
    const done = request.httpVersionMajor < 2 ? this.#connections.busy(socket) : undefined;
    const timeout =
      writeTimeoutMs > 0 ? setTimeout(() => socket.destroy(), timerMs(writeTimeoutMs)) : undefined;
    response.on("close", () => {
      clearTimeout(timeout);
      done?.();
    });
    response.on("error", () => {}); // "close" follows.
    const head = headOf(request);
    const { counters } = this.#options;
    const measured = counters?.detailed ? new MeasuredRequest(counters, request) : undefined;
    const cors = this.#cors?.answer(head);
    const answer = cors?.preflight ? NO_CONTENT : await this.#answer(head, request, response, measured);
    measured?.answered(head, answer);
    this.#send(response, { ...answer, headers: { ...cors?.headers, ...answer.headers } });
    linger(request);
  }

  /** Such as headers that cannot be sent. */
  #broken({ socket }: Incoming, { message }: Error): void {
    this.#options.logger.error({ error: message }, "Request could not be answered.");
    socket.destroy();
  }

  async #answer(
    head: RequestHead,
    request: Incoming,
    response: Outgoing,
    measured: MeasuredRequest | undefined,
  ): Promise<HttpAnswer> {
    const { handler, errorAnswer, inFlight, logger } = this.#options;
    const encoding = head.headers["content-encoding"] ?? "";
    const decompress = this.#decompressor(encoding);
    if (!decompress) return errorAnswer(head, `unsupported Content-Encoding: ${encoding}`, 400);
    const held = inFlight.open();
    const abort = new AbortController();
    response.on("close", () => {
      if (!response.writableFinished) abort.abort(new Error("context canceled"));
      held.close();
    });
    const client = clientOf(request, this.#config.includeMetadata);
    const context = { signal: abort.signal, client, transport: "http" };
    const body = () => {
      measured?.countBody();
      return readBody(request, decompress, this.#maxBodyBytes, held);
    };
    try {
      return await handler({ ...head, context, body });
    } catch (error) {
      logger.error({ error: (error as Error).message }, "Request failed.");
      return errorAnswer(head, (error as Error).message, 500);
    }
  }

  #decompressor(encoding: string): Decompress | undefined {
    const { compressionAlgorithms } = this.#config;
    if (compressionAlgorithms.length === 0) return HTTP_ENCODINGS.get("");
    return compressionAlgorithms.includes(encoding) ? HTTP_ENCODINGS.get(encoding) : undefined;
  }

  #send(response: Outgoing, { status, headers, body }: HttpAnswer): void {
    if (response.destroyed || response.writableEnded) return;
    const last = response.req.httpVersionMajor < 2 && (!this.#keepAlive || this.#connections.draining);
    const all = {
      ...this.#config.responseHeaders,
      ...headers,
      ...(status !== 204 && { "Content-Length": String(Buffer.byteLength(body)) }),
      ...(last && { Connection: "close" }),
    };
    (response as ServerResponse).writeHead(status, all);
    (response as ServerResponse).end(body);
  }
}

/**
 * Reads what is left of a request that was answered before it had come whole, for a moment: a peer whose connection is
 * reset while it sends may never see the answer.
 */
function linger(request: Incoming): void {
  if (request.complete) return;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  request.on("end", () => clearTimeout(timer));
  request.on("close", () => clearTimeout(timer));
  request.resume();
}

const NO_CONTENT: HttpAnswer = { status: 204, headers: {}, body: "" };
