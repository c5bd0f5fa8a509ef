// A server of unary gRPC calls whose messages stay bytes, over node:http2. README.md says why it is not grpc-js's.
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import type { Logger } from "../../component/index.ts";
import type { ClientInfo } from "../../consumer/index.ts";
import { listen, peerAddress } from "../net.ts";
import type { InFlight } from "../server/in-flight.ts";
import { ServerTls } from "../tls/server.ts";
import { type CallServer, UnaryCall, type UnaryHandler } from "./call.ts";
import type { GrpcServerConfig } from "./config.ts";
import { metadataOf } from "./headers.ts";
import { Keepalive } from "./keepalive.ts";

const MIB = 2 ** 20;
const DEFAULT_MAX_MESSAGE_BYTES = 4 * MIB;

/** What a peer may send ahead: on a stream, so that most messages come without a pause, and on a connection. */
const STREAM_WINDOW_BYTES = MIB;
const CONNECTION_WINDOW_BYTES = 16 * MIB;

const UNLIMITED_STREAMS = 2 ** 32 - 1;

/** What a server of calls is made of. */
export interface GrpcServerOptions {
  readonly config: GrpcServerConfig;
  /** By path: `/package.Service/Method`. */
  readonly handlers: ReadonlyMap<string, UnaryHandler>;
  readonly inFlight: InFlight;
  readonly logger: Logger;
}

/** Serves from `start` to `shutdown`. */
export class GrpcServer implements CallServer {
  readonly maxMessageBytes: number;
  readonly handlers: ReadonlyMap<string, UnaryHandler>;
  readonly #config: GrpcServerConfig;
  readonly #inFlight: InFlight;
  readonly #logger: Logger;
  readonly #sessions = new Set<ServerHttp2Session>();
  #server: Http2Server | Http2SecureServer | undefined;

  constructor({ config, handlers, inFlight, logger }: GrpcServerOptions) {
    this.#config = config;
    this.handlers = handlers;
    this.#inFlight = inFlight;
    this.#logger = logger;
    this.maxMessageBytes =
      config.maxRecvMsgSizeMib > 0 ? config.maxRecvMsgSizeMib * MIB : DEFAULT_MAX_MESSAGE_BYTES;
  }

  /** Listens. Gives the address, or rejects in Go's words. `onError` is told when listening ends by itself. */
  async start(onError: (error: Error) => void): Promise<string> {
    const server = this.#create();
    server.on("session", (session) => this.#connected(session));
    server.on("sessionError", (error: Error) => this.#broken(error));
    const address = await listen(server, this.#config);
    server.on("error", onError);
    this.#server = server;
    return address;
  }

  /** Lets calls that have begun end, until `signal` aborts. Safe before `start`, and twice. */
  async shutdown(signal: AbortSignal): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    const cut = () => {
      for (const session of this.#sessions) session.destroy();
    };
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut, { once: true });
    await closed;
    signal.removeEventListener("abort", cut);
  }

  client(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): ClientInfo {
    return {
      address: peerAddress(stream.session?.socket.remoteAddress),
      metadata: this.#config.includeMetadata ? metadataOf(headers) : NO_METADATA,
    };
  }

  #create(): Http2Server | Http2SecureServer {
    const { tls, maxConcurrentStreams } = this.#config;
    const options: ServerOptions = {
      settings: {
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxConcurrentStreams: maxConcurrentStreams || UNLIMITED_STREAMS,
        enablePush: false,
      },
    };
    if (!tls) return createServer(options);
    const serverTls = new ServerTls(tls, this.#logger);
    const server = createSecureServer({ ...options, ...serverTls.options });
    serverTls.follow(server);
    server.on("tlsClientError", (error: Error) => this.#broken(error));
    return server;
  }

  #connected(session: ServerHttp2Session): void {
    const keepalive = new Keepalive(session, this.#config.keepalive);
    this.#sessions.add(session);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on("error", () => {}); // Told as the server's sessionError.
    session.on("close", () => this.#sessions.delete(session));
    session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      keepalive.streamOpened();
      stream.on("close", () => keepalive.streamClosed());
      new UnaryCall(this, stream, headers, this.#inFlight.open()).run();
    });
  }

  #broken(error: Error): void {
    this.#logger.debug({ error: error.message }, "Connection failed.");
  }
}

const NO_METADATA: ClientInfo["metadata"] = new Map();
