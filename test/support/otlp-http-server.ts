// A real HTTP server for tests of OTLP exporters: keeps what it is sent, and answers as the test's script says.
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { HTTP_ENCODINGS } from "../../src/config/compression/decompress.ts";
import { countItems } from "../../src/pdata/count.ts";
import type { Signal } from "../../src/pdata/index.ts";
import { decodeJson } from "../../src/pdata/json/decode.ts";
import { Reader } from "../../src/pdata/protobuf/reader.ts";
import { SHAPES } from "../../src/pdata/shape.ts";

/** One answer of the script; without anything 200 and an empty body. */
export interface HttpScript {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  readonly delayMs?: number;
  /** Cuts the connection instead of answering, or in the middle of the answer's body. */
  readonly reset?: "before" | "mid-body";
}

/** A request as it came, its body decompressed. */
export interface HttpReceived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly script: HttpScript;
  /** The peer's port: the same for requests on one connection. */
  readonly port: number;
  readonly httpVersion: string;
  /** The subject of the client's certificate. */
  readonly client: string | undefined;
}

/** An HTTP server on 127.0.0.1. */
export class OtlpHttpServer {
  readonly received: HttpReceived[] = [];
  /** The answers to come; when there are no more, it is 200. */
  readonly script: HttpScript[] = [];
  readonly #server: Server;
  readonly #secure: boolean;
  readonly #sockets = new Set<Socket>();

  private constructor(tls: ServerOptions | undefined, http2: boolean) {
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    this.#secure = tls !== undefined;
    this.#server = createServerOf(tls, http2, listener);
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(
    options: { readonly tls?: ServerOptions; readonly http2?: boolean; readonly port?: number } = {},
  ): Promise<OtlpHttpServer> {
    const server = new OtlpHttpServer(options.tls, options.http2 ?? false);
    await new Promise<void>((resolve) => server.#server.listen(options.port ?? 0, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The base URL, as an exporter's endpoint. */
  get endpoint(): string {
    return this.#secure ? `https://localhost:${this.port}` : `http://127.0.0.1:${this.port}`;
  }

  /** How many items were in the requests that were answered with a success. */
  get itemsTaken(): number {
    return this.received
      .filter(({ script }) => !script.reset && (script.status ?? 200) < 300)
      .reduce((sum, request) => sum + itemsIn(request), 0);
  }

  /** Closes every connection that is open now. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(...[request, response]: Parameters<RequestListener>): Promise<void> {
    const raw = await buffer(request).catch(() => undefined);
    if (!raw) return; // The client hung up.
    const decompress = HTTP_ENCODINGS.get(request.headers["content-encoding"] ?? "")!;
    const body = Buffer.from(await decompress(raw, 1 << 30));
    const script = this.script.shift() ?? {};
    const { method = "", url: path = "", headers, socket } = request;
    const peer = "getPeerCertificate" in socket ? (socket as PeerSocket).getPeerCertificate() : undefined;
    const client = peer?.subject?.CN;
    this.received.push({
      method,
      path,
      headers,
      body,
      script,
      port: socket.remotePort ?? 0,
      client,
      httpVersion: request.httpVersion,
    });
    if (script.delayMs) await new Promise((resolve) => setTimeout(resolve, script.delayMs));
    if (script.reset === "before") return void socket.destroy();
    response.writeHead(script.status ?? 200, {
      ...script.headers,
      ...(script.reset && { "Content-Length": "100" }),
    });
    if (script.reset) response.write("half an answer", () => socket.destroy());
    else response.end(script.body);
  }
}

/** Over TLS the newest of HTTP that it is to understand. node:http2 calls listeners with what looks like HTTP/1.1. */
function createServerOf(tls: ServerOptions | undefined, http2: boolean, listener: RequestListener): Server {
  if (!tls) return createServer(listener);
  if (!http2) return createHttpsServer(tls, listener);
  const options = { ...tls, allowHTTP1: true };
  return createSecureServer(options, listener as unknown as Http2Listener) as unknown as Server;
}

type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

interface PeerSocket extends Socket {
  getPeerCertificate(): { readonly subject?: { readonly CN?: string } };
}

/** The spans, data points or log records of a request. */
export function itemsIn({ path, headers, body }: HttpReceived): number {
  const signal = path.slice(path.lastIndexOf("/") + 1) as Signal;
  if (headers["content-type"] === "application/json") return decodeJson(signal, body).itemCount;
  return countItems(new Reader(body), SHAPES[signal]);
}
