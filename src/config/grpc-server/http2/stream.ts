// Hot: one stream of a connection, as a call sees it and as the connection does.
import type { Connection } from "./connection.ts";
import { FLAG, FRAME, FRAME_HEADER_BYTES, MAX_FRAME_BYTES, writeHeader } from "./frames.ts";
import { encodeHeaders } from "./hpack.ts";

/** What a peer may send ahead on a stream, so that most messages come without a pause. */
export const STREAM_WINDOW_BYTES: number = 2 ** 20;

/** Who is told what happens on a stream. */
export interface StreamListener {
  /** A part of the request, in a buffer that is not the listener's to keep. */
  received(part: Buffer): void;
  /** The request has come whole. */
  ended(): void;
  /** The stream is over: answered, reset by the peer, or gone with its connection. */
  closed(): void;
}

/** `:status: 200` by its number in the table, and the type of every answer. */
const OK_HEADERS = Buffer.concat([Buffer.of(0x88), encodeHeaders({ "content-type": "application/grpc" })]);
const OK_TRAILERS = encodeHeaders({ "grpc-status": "0" });

/** A stream from the client's headers to the server's trailers. */
export class Stream {
  readonly id: number;
  readonly #connection: Connection;
  listener: StreamListener | undefined;
  /** The client has sent everything. */
  remoteEnded = false;
  /** What the client may still send before it is told to go on. */
  window: number = STREAM_WINDOW_BYTES;
  /** What may be sent to the client. */
  sendWindow: number;

  constructor(connection: Connection, id: number, sendWindow: number) {
    this.#connection = connection;
    this.id = id;
    this.sendWindow = sendWindow;
  }

  /** The peer's address as the socket has it. */
  get peer(): string | undefined {
    return this.#connection.remoteAddress;
  }

  /** Answers with a message, without its prefix, and the status OK. There is room for one frame of data. */
  succeed(message: Uint8Array): void {
    const length = 5 + message.length;
    if (length > MAX_FRAME_BYTES)
      throw new RangeError(`answer with ${length} bytes: over ${MAX_FRAME_BYTES}`);
    const head = FRAME_HEADER_BYTES + OK_HEADERS.length;
    const trailers = FRAME_HEADER_BYTES + OK_TRAILERS.length;
    const bytes = Buffer.allocUnsafe(head + FRAME_HEADER_BYTES + length + trailers);
    let at = writeHeader(bytes, 0, OK_HEADERS.length, FRAME.HEADERS, FLAG.END_HEADERS, this.id);
    bytes.set(OK_HEADERS, at);
    at = writeHeader(bytes, head, length, FRAME.DATA, 0, this.id);
    bytes[at++] = 0;
    at = bytes.writeUInt32BE(message.length, at);
    bytes.set(message, at);
    at += message.length;
    at = writeHeader(bytes, at, OK_TRAILERS.length, FRAME.HEADERS, END, this.id);
    bytes.set(OK_TRAILERS, at);
    this.#connection.answer(this, bytes, length);
  }

  /** Answers with headers alone. */
  fail(headers: Readonly<Record<string, string>>): void {
    const block = encodeHeaders(headers);
    const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + block.length);
    bytes.set(block, writeHeader(bytes, 0, block.length, FRAME.HEADERS, END, this.id));
    this.#connection.answer(this, bytes, 0);
  }
}

const END = FLAG.END_STREAM | FLAG.END_HEADERS;
