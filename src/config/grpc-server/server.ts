// A server of unary gRPC calls whose messages stay bytes. README.md says why it speaks HTTP/2 itself.
import type { IncomingHttpHeaders } from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { CounterRegistry, Host, Logger } from "../../component/index.ts";
import type { ClientInfo } from "../../consumer/index.ts";
import { Slabs } from "../../pdata/index.ts";
import { refuseExtensions } from "../extensions.ts";
import { listen, peerAddress, reportAccepting } from "../net.ts";
import type { InFlight } from "../server/in-flight.ts";
import { ServerTls } from "../tls/server.ts";
import { type CallServer, UnaryCall, type UnaryHandler } from "./call.ts";
import type { GrpcServerConfig } from "./config.ts";
import { metadataOf } from "./headers.ts";
import { Connection } from "./http2/connection.ts";
import type { Stream } from "./http2/stream.ts";
import { Keepalive } from "./keepalive.ts";

const MIB = 2 ** 20;
const DEFAULT_MAX_MESSAGE_BYTES = 4 * MIB;
/** Memory of messages that were sent on is kept for the next ones, as long as some need it. */
const KEPT_SLABS = 64;
const TRIM_INTERVAL_MS = 1000;

/** What a server of calls is made of. */
export interface GrpcServerOptions {
  readonly config: GrpcServerConfig;
  /** By path: `/package.Service/Method`. */
  readonly handlers: ReadonlyMap<string, UnaryHandler>;
  readonly inFlight: InFlight;
  readonly logger: Logger;
  /** What calls are measured by at the level `detailed`; undefined where nobody wants to know. */
  readonly counters?: CounterRegistry;
}

/** Serves from `start` to `shutdown`. */
export class GrpcServer implements CallServer {
  readonly maxMessageBytes: number;
  readonly counters: CounterRegistry | undefined;
  readonly slabs: Slabs = new Slabs({ slabBytes: MIB, keptSlabs: KEPT_SLABS });
  readonly handlers: ReadonlyMap<string, UnaryHandler>;
  readonly #config: GrpcServerConfig;
  readonly #inFlight: InFlight;
  readonly #logger: Logger;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #trim: NodeJS.Timeout | undefined;

  constructor({ config, handlers, inFlight, logger, counters }: GrpcServerOptions) {
    this.counters = counters;
    this.#config = config;
    this.handlers = handlers;
    this.#inFlight = inFlight;
    this.#logger = logger;
    this.maxMessageBytes =
      config.maxRecvMsgSizeMib > 0 ? config.maxRecvMsgSizeMib * MIB : DEFAULT_MAX_MESSAGE_BYTES;
  }

  /** Listens. Gives the address, or rejects in Go's words. `host` is told when connections cannot be accepted. */
  async start(host: Host): Promise<string> {
    refuseExtensions(host, "gRPC server", this.#config);
    const server = this.#create();
    const address = await listen(server, this.#config);
    reportAccepting(server, host);
    this.#server = server;
    this.#trim = setInterval(() => this.slabs.trim(), TRIM_INTERVAL_MS).unref();
    return address;
  }

  /** Lets calls that have begun end, until `signal` aborts. Safe before `start`, and twice. */
  async shutdown(signal: AbortSignal): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    clearInterval(this.#trim);
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections) connection.close();
    const cut = () => {
      for (const connection of this.#connections) connection.destroy();
    };
    if (signal.aborted) cut();
    signal.addEventListener("abort", cut, { once: true });
    await closed;
    signal.removeEventListener("abort", cut);
  }

  client(stream: Stream, headers: IncomingHttpHeaders): ClientInfo {
    return {
      address: peerAddress(stream.peer),
      metadata: this.#config.includeMetadata ? metadataOf(headers) : NO_METADATA,
    };
  }

  #create(): Server {
    const { tls } = this.#config;
    if (!tls) return createServer((socket) => this.#connected(socket));
    const serverTls = new ServerTls(tls, this.#logger);
    const options = { ...serverTls.options, ALPNProtocols: ["h2"] };
    const server = createTlsServer(options, (socket) => this.#connected(socket));
    serverTls.follow(server);
    server.on("tlsClientError", (error) => this.#broken(error));
    return server;
  }

  #connected(socket: Socket): void {
    const connection: Connection = new Connection(socket, {
      maxConcurrentStreams: this.#config.maxConcurrentStreams,
      opened: (stream, headers) => {
        keepalive.streamOpened();
        const call = new UnaryCall(this, stream, headers, this.#inFlight.open());
        call.run();
        return call;
      },
      streamClosed: () => keepalive.streamClosed(),
      pinged: () => keepalive.pinged(),
      closed: (error) => {
        keepalive.stop();
        this.#connections.delete(connection);
        if (error) this.#broken(error);
      },
    });
    const keepalive = new Keepalive(connection, this.#config.keepalive);
    this.#connections.add(connection);
  }

  #broken(error: Error): void {
    this.#logger.debug({ error: error.message }, "Connection failed.");
  }
}

const NO_METADATA: ClientInfo["metadata"] = new Map();
