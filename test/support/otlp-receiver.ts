// A real OTLP/gRPC server for tests: keeps what it is sent, and answers as the test's script says.
import { once } from "node:events";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import type { ResourceItems } from "../../src/pdata/decode/common.ts";
import { decodeLogs, type LogRecord } from "../../src/pdata/decode/logs.ts";
import { decodeMetrics, type Metric } from "../../src/pdata/decode/metrics.ts";
import { decodeTraces, type Span } from "../../src/pdata/decode/traces.ts";
import type { Signal } from "../../src/pdata/index.ts";
import { Writer } from "../../src/pdata/protobuf/writer.ts";

/** One answer of the script. */
export type Answer =
  | { readonly kind: "ok" }
  /** A status; with `retryAfterMs` its details carry a RetryInfo. */
  | {
      readonly kind: "error";
      readonly code: number;
      readonly message?: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: "partial"; readonly rejected: number; readonly message: string }
  /** Answers OK, but late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** Closes every connection instead of answering. */
  | { readonly kind: "drop" };

/** A request as it came: also those that were answered with an error. */
export interface Received {
  readonly signal: Signal;
  readonly bytes: Buffer;
  readonly headers: Record<string, string>;
  readonly answer: Answer;
  /** The `:authority` of its request. */
  readonly authority: string;
}

/** What the server needs for TLS, as PEM. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Clients must present a certificate that this one signed. */
  readonly clientCa?: Buffer;
}

export interface ListenOptions {
  /** 127.0.0.1 unless another is given. */
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly tls?: ServerTls;
}

const SERVICES: { readonly [S in Signal]: string } = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
  logs: "opentelemetry.proto.collector.logs.v1.LogsService",
};

const OK: Answer = { kind: "ok" };

/** An OTLP receiver on 127.0.0.1. Close it with `await using` or `close`. */
export class OtlpReceiver {
  readonly received: Received[] = [];
  /** The grpc-encoding of each request on the wire, which grpc-js takes out of the headers; empty for none. */
  readonly encodings: string[] = [];
  /** The answers to come; when there are no more, it is OK. */
  readonly script: Answer[] = [];
  readonly port: number;
  readonly #server: Server;
  readonly #sessions: Set<ServerHttp2Session>;
  readonly #arrivals: EventTarget = new EventTarget();

  private constructor(server: Server, port: number, sessions: Set<ServerHttp2Session>) {
    this.#server = server;
    this.port = port;
    this.#sessions = sessions;
  }

  /** Listens on `port`, or on one that is free, or on the unix socket at `path`. */
  static async start(options: ListenOptions = {}): Promise<OtlpReceiver> {
    const server = new Server({ "grpc.max_receive_message_length": -1 });
    const sessions = new Set<ServerHttp2Session>();
    const port = await new Promise<number>((resolve, reject) => {
      const address = options.path
        ? `unix:${options.path}`
        : `${options.host ?? "127.0.0.1"}:${options.port ?? 0}`;
      server.bindAsync(address, credentials(options.tls), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    const receiver = new OtlpReceiver(server, port, sessions);
    watchSessions(server, sessions, receiver.encodings);
    for (const signal of Object.keys(SERVICES) as Signal[]) receiver.#serve(signal);
    return receiver;
  }

  /** `host:port`, as an exporter's endpoint. */
  get endpoint(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The requests that were answered OK, decoded, in order. */
  get traces(): ResourceItems<Span>[] {
    return this.#taken("traces").flatMap((request) => decodeTraces(request.bytes));
  }

  get metrics(): ResourceItems<Metric>[] {
    return this.#taken("metrics").flatMap((request) => decodeMetrics(request.bytes));
  }

  get logs(): ResourceItems<LogRecord>[] {
    return this.#taken("logs").flatMap((request) => decodeLogs(request.bytes));
  }

  /** Every span of every request that was answered OK. */
  get spans(): Span[] {
    return this.traces.flatMap((resource) => resource.scopes.flatMap((scope) => scope.items));
  }

  /** Waits until `done` holds, looking again at each request. Rejects after `timeoutMs`. */
  async until(done: () => boolean, timeoutMs = 10_000): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!done()) {
      await once(this.#arrivals, "request", { signal }).catch((cause) => {
        throw new Error(`wait for requests: ${this.received.length} came in ${timeoutMs} ms`, { cause });
      });
    }
  }

  /** Stops at once, cutting connections, as a server that dies does. */
  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    this.#server.forceShutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #taken(signal: Signal): Received[] {
    const taken = this.received.filter(({ answer }) => answer.kind !== "error" && answer.kind !== "drop");
    return taken.filter((request) => request.signal === signal);
  }

  #serve(signal: Signal): void {
    const path = `/${SERVICES[signal]}/Export`;
    const asIs = (bytes: Buffer) => bytes;
    this.#server.register(
      path,
      (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) =>
        this.#answer(signal, call, reply),
      asIs,
      asIs,
      "unary",
    );
  }

  #answer(signal: Signal, call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void {
    const answer = this.script.shift() ?? OK;
    const headers = Object.fromEntries(
      Object.entries(call.metadata.getMap()).map(([k, v]) => [k, String(v)]),
    );
    this.received.push({ signal, bytes: call.request, headers, answer, authority: call.getHost() });
    this.#arrivals.dispatchEvent(new Event("request"));
    switch (answer.kind) {
      case "ok":
        reply(null, Buffer.alloc(0));
        break;
      case "delay":
        setTimeout(() => reply(null, Buffer.alloc(0)), answer.ms).unref();
        break;
      case "partial":
        reply(null, partialResponse(answer.rejected, answer.message));
        break;
      case "error":
        reply({ code: answer.code, details: answer.message ?? "scripted", metadata: details(answer) });
        break;
      case "drop":
        for (const session of this.#sessions) session.destroy();
        break;
      case "hang":
        break;
    }
  }
}

function credentials(tls: ServerTls | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const pair = [{ cert_chain: tls.cert, private_key: tls.key }];
  return ServerCredentials.createSsl(tls.clientCa ?? null, pair, tls.clientCa !== undefined);
}

/** grpc-js has no way to cut a connection, so its HTTP/2 servers are asked for their sessions. */
function watchSessions(server: Server, sessions: Set<ServerHttp2Session>, encodings: string[]): void {
  const { http2Servers } = server as unknown as { readonly http2Servers: Map<Http2Server, unknown> };
  for (const http2Server of http2Servers.keys()) {
    http2Server.on("session", (session) => {
      sessions.add(session);
      session.on("stream", (_stream, headers) => encodings.push(String(headers["grpc-encoding"] ?? "")));
      session.on("close", () => sessions.delete(session));
    });
  }
}

function partialResponse(rejected: number, message: string): Buffer {
  const out = new Writer();
  const partial = out.begin(0x0a);
  out.uint32(0x08, rejected);
  out.string(0x12, message);
  out.end(partial);
  return out.take();
}

/** Trailers with a google.rpc.Status that carries a RetryInfo. */
function details(answer: Extract<Answer, { kind: "error" }>): Metadata {
  const metadata = new Metadata();
  if (answer.retryAfterMs === undefined) return metadata;
  const out = new Writer();
  out.uint32(0x08, answer.code);
  const any = out.begin(0x1a);
  out.string(0x0a, "type.googleapis.com/google.rpc.RetryInfo");
  const retryInfo = out.begin(0x12);
  const delay = out.begin(0x0a);
  out.uint32(0x08, Math.floor(answer.retryAfterMs / 1000));
  out.uint32(0x10, (answer.retryAfterMs % 1000) * 1e6);
  for (const message of [delay, retryInfo, any]) out.end(message);
  metadata.set("grpc-status-details-bin", out.take());
  return metadata;
}

/** grpc's status codes, for scripts. */
export const CODE: typeof status = status;
