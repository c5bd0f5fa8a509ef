// Hot: one unary call, from its headers to its trailers.
import type { IncomingHttpHeaders } from "node:http2";
import type { CounterRegistry } from "../../component/index.ts";
import { timerMs } from "../../confmap/duration.ts";
import type { ClientInfo, Context } from "../../consumer/index.ts";
import type { Lease, LentBytes, Slabs } from "../../pdata/index.ts";
import { backlogRoom } from "../compression/backlog.ts";
import { type Decompress, GRPC_ENCODINGS } from "../compression/decompress.ts";
import { TooLargeError } from "../compression/errors.ts";
import { inflateLent } from "../compression/inflate.ts";
import { CODE, codeConstant } from "../rpc-status/codes.ts";
import { type RpcStatus, StatusError, statusOf } from "../rpc-status/status.ts";
import { DURATION_BOUNDS } from "../server/bounds.ts";
import type { RequestBytes } from "../server/in-flight.ts";
import { errorTrailers, parseTimeoutMs } from "./headers.ts";
import type { Stream, StreamListener } from "./http2/stream.ts";
import { MessageReader } from "./message.ts";
import { DEADLINE_EXCEEDED, refusalOf } from "./refusal.ts";

/** A request's message. Its memory may be lent: whoever has it last may give it back. */
export interface UnaryRequest {
  readonly bytes: Buffer;
  readonly lease?: Lease;
}

/** Answers a request's bytes with a response's, or rejects; what is no StatusError is answered by `statusOf`. */
export type UnaryHandler = (request: UnaryRequest, context: Context) => Promise<Uint8Array>;

/** What a call needs of its server. */
export interface CallServer {
  readonly maxMessageBytes: number;
  /** What calls are measured by, at the level `detailed`. */
  readonly counters: CounterRegistry | undefined;
  /** What messages are received into. */
  readonly slabs: Slabs;
  /** By path: `/package.Service/Method`. */
  readonly handlers: ReadonlyMap<string, UnaryHandler>;
  client(stream: Stream, headers: IncomingHttpHeaders): ClientInfo;
}

const SUPPORTED_ENCODINGS = [...GRPC_ENCODINGS.keys()].join(",");

/** A stream of a gRPC connection. It answers by itself; whoever made it need not wait. */
export class UnaryCall implements StreamListener {
  readonly #server: CallServer;
  readonly #stream: Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #held: RequestBytes;
  readonly #reader: MessageReader;
  readonly #abort = new AbortController();
  readonly #beganMs: number;
  #deadline: NodeJS.Timeout | undefined;
  #stall: NodeJS.Timeout | undefined;
  #complete = false;
  #answered = false;

  constructor(server: CallServer, stream: Stream, headers: IncomingHttpHeaders, held: RequestBytes) {
    this.#server = server;
    this.#stream = stream;
    this.#headers = headers;
    this.#held = held;
    this.#beganMs = server.counters?.detailed ? performance.now() : Number.NaN;
    this.#reader = new MessageReader(server.maxMessageBytes, held, server.slabs);
  }

  run(): void {
    const refusal = refusalOf(this.#headers, this.#server.handlers);
    if (refusal) {
      this.#fail(refusal.status, refusal.httpStatus);
      return;
    }
    const timeoutMs = parseTimeoutMs(String(this.#headers["grpc-timeout"]));
    if (timeoutMs !== undefined) this.#deadline = setTimeout(() => this.#expired(), timerMs(timeoutMs));
    this.#stall = setTimeout(() => this.#stalled(), this.#held.stallMs);
  }

  /** The client has stopped waiting. What the pipeline is at, it may finish; what has not come will not. */
  #expired(): void {
    this.#abort.abort(new Error(DEADLINE_EXCEEDED.message));
    if (!this.#complete) this.#fail(DEADLINE_EXCEEDED);
  }

  #stalled(): void {
    this.#fail({ code: CODE.DEADLINE_EXCEEDED, message: "timed out waiting for the request" });
  }

  received(part: Buffer): void {
    if (this.#answered) return;
    this.#stall?.refresh();
    try {
      this.#reader.push(part);
    } catch (error) {
      this.#fail(statusOf(error));
    }
  }

  ended(): void {
    void this.#answer();
  }

  async #answer(): Promise<void> {
    if (this.#answered) return;
    this.#complete = true;
    clearTimeout(this.#stall);
    try {
      const request = await this.#request();
      await backlogRoom();
      const handler = this.#server.handlers.get(this.#headers[":path"]!)!;
      const client = this.#server.client(this.#stream, this.#headers);
      const context = { signal: this.#abort.signal, client, transport: "grpc" };
      this.#succeed(await handler(request, context));
    } catch (error) {
      this.#fail(statusOf(error));
    }
  }

  /** The message, decompressed. */
  #request(): UnaryRequest | Promise<UnaryRequest> {
    const message = this.#reader.take();
    if (!this.#reader.compressed) return message;
    const encoding = String(this.#headers["grpc-encoding"]);
    if (encoding === "gzip") {
      const inflated = inflateLent(message.bytes, this.#server.maxMessageBytes, this.#server.slabs);
      if (inflated) return this.#instead(message, inflated);
    }
    const decompress = GRPC_ENCODINGS.get(encoding);
    if (decompress) return this.#decompressed(decompress, message);
    const problem = "grpc: compressed flag set with identity or empty encoding";
    throw new StatusError({ code: CODE.INTERNAL, message: problem });
  }

  async #decompressed(decompress: Decompress, message: LentBytes): Promise<UnaryRequest> {
    const { maxMessageBytes } = this.#server;
    try {
      const bytes = await decompress(message.bytes, maxMessageBytes);
      return this.#instead(message, { bytes });
    } catch (error) {
      throw decompressFailure(error as Error, maxMessageBytes);
    }
  }

  /** Gives back what came, for what became of it. */
  #instead({ lease }: LentBytes, request: UnaryRequest): UnaryRequest {
    lease.release();
    this.#held.take(request.bytes.length);
    return request;
  }

  #succeed(response: Uint8Array): void {
    if (!this.#end()) return;
    this.#stream.succeed(response);
    this.#measured(CODE.OK);
  }

  /** A response of headers alone. A request that is still coming is cut off. */
  #fail(status: RpcStatus, httpStatus = 200): void {
    if (!this.#end()) return;
    this.#stream.fail({
      ":status": String(httpStatus),
      "content-type": "application/grpc",
      ...errorTrailers(status),
      ...(status.code === CODE.UNIMPLEMENTED && { "grpc-accept-encoding": SUPPORTED_ENCODINGS }),
    });
    this.#measured(status.code);
  }

  /** As OpenTelemetry's instrumentation of grpc-go does, which does not see calls of methods that are not there. */
  #measured(code: number): void {
    const { counters, handlers } = this.#server;
    const path = this.#headers[":path"]!;
    if (!counters || Number.isNaN(this.#beganMs) || !handlers.has(path)) return;
    const labels = {
      "rpc.method": path.slice(1),
      "rpc.response.status_code": codeConstant(code),
      "rpc.system.name": "grpc",
    };
    const duration = counters.histogram("rpc.server.call.duration", labels, DURATION_BOUNDS);
    duration.record((performance.now() - this.#beganMs) / 1000);
  }

  /** Whether there is anybody to answer; true once. */
  #end(): boolean {
    if (this.#answered) return false;
    this.#answered = true;
    this.#release();
    return true;
  }

  closed(): void {
    if (!this.#answered) this.#abort.abort(new Error("context canceled"));
    this.#answered = true;
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#stall);
    this.#held.close();
  }
}

/** grpc-go reads the header when it makes the decompressor, the rest later, and says so. */
function decompressFailure(cause: Error, maxBytes: number): StatusError {
  if (cause instanceof StatusError) return cause;
  if (cause instanceof TooLargeError) {
    const message = `grpc: received message after decompression larger than max ${maxBytes}`;
    return new StatusError({ code: CODE.RESOURCE_EXHAUSTED, message }, { cause });
  }
  const inHeader = cause.message.endsWith("invalid header");
  const failed = inHeader ? "decompress the message" : "read decompressed data";
  return new StatusError(
    { code: CODE.INTERNAL, message: `grpc: failed to ${failed}: ${cause.message}` },
    { cause },
  );
}
