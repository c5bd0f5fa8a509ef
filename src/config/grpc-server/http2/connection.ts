// Hot: the server's end of an HTTP/2 connection (RFC 9113), as far as unary calls need it.
import type { Socket } from "node:net";
import { readShared } from "../../server/read-buffer.ts";
import { Http2Error } from "./error.ts";
import { FloodGuard } from "./flood.ts";
import { FrameReader, type FrameTarget } from "./frame-reader.ts";
import { ERROR, FLAG, FRAME, frame, goawayFrame, PREFACE, SETTING, settingsFrame, uint32 } from "./frames.ts";
import { type HeaderBlock, HeaderBlocks } from "./header-blocks.ts";
import { MAX_HEADER_LIST_BYTES } from "./hpack.ts";
import { Outbox } from "./outbox.ts";
import type { ConnectionOwner } from "./owner.ts";
import { SendWindows } from "./send-windows.ts";
import { STREAM_WINDOW_BYTES, Stream } from "./stream.ts";

/** What a peer may send ahead on all streams together. */
const CONNECTION_WINDOW_BYTES = 2 ** 24;
const DEFAULT_WINDOW_BYTES = 65_535;

/** Speaks HTTP/2 on `socket` until one side has enough. */
export class Connection implements FrameTarget {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #reader: FrameReader = new FrameReader(this);
  readonly #outbox: Outbox;
  readonly #blocks = new HeaderBlocks();
  readonly #flood = new FloodGuard();
  readonly #streams = new Map<number, Stream>();
  readonly #windows = new SendWindows();
  readonly #pings: (() => void)[] = [];
  #prefaceLength = 0;
  #lastStream = 0;
  #window = CONNECTION_WINDOW_BYTES;
  /** The stream that the current DATA frame is for. */
  #receiving: Stream | undefined;
  #closing = false;
  #closed = false;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#owner = owner;
    socket.setNoDelay(true);
    let failure: Error | undefined;
    readShared(socket, (chunk) => this.#read(chunk));
    socket.on("end", () => socket.destroy());
    socket.on("error", (error) => {
      failure = error;
    });
    socket.on("close", () => this.#ended(failure));
    const settings = new Map<number, number>([
      [SETTING.INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES],
      [SETTING.MAX_HEADER_LIST_SIZE, MAX_HEADER_LIST_BYTES],
    ]);
    if (owner.maxConcurrentStreams > 0)
      settings.set(SETTING.MAX_CONCURRENT_STREAMS, owner.maxConcurrentStreams);
    this.#outbox.send(settingsFrame(settings));
    this.#outbox.send(
      frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES)),
    );
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get destroyed(): boolean {
    return this.#closed || this.#socket.destroyed;
  }

  /** Asks the peer whether it is there; `answered` is called when it is. */
  ping(answered: () => void): void {
    this.#pings.push(answered);
    this.#outbox.send(frame(FRAME.PING, 0, 0, Buffer.alloc(8)));
  }

  /** Takes no new streams, and ends when those that are open have. */
  close(): void {
    if (this.#closing || this.destroyed) return;
    this.#closing = true;
    this.#outbox.send(goawayFrame(this.#lastStream, ERROR.NO_ERROR, ""));
    this.#endWhenIdle();
  }

  /** Ends at once, and says why. */
  abort(code: number, reason: string): void {
    if (this.destroyed) return;
    this.#outbox.send(goawayFrame(this.#lastStream, code, reason));
    this.#socket.destroySoon();
    this.#ended(new Http2Error(code, reason));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Sends a stream's whole answer, of which `length` bytes are data. */
  answer(stream: Stream, bytes: Buffer, length: number): void {
    if (!this.#streams.has(stream.id)) return;
    if (!this.#windows.take({ stream, bytes, length })) return;
    this.#flood.reset();
    this.#outbox.send(bytes);
    // What is still to come of the request is not wanted.
    if (!stream.remoteEnded) this.#outbox.send(frame(FRAME.RST_STREAM, 0, stream.id, uint32(ERROR.NO_ERROR)));
    this.#forget(stream);
  }

  dataBegins(id: number, length: number): void {
    this.#blocks.expectNone();
    const stream = this.#streams.get(id);
    if (!stream && this.#isIdle(id)) throw new Http2Error(ERROR.PROTOCOL, "DATA on an idle stream");
    if (stream?.remoteEnded) throw new Http2Error(ERROR.STREAM_CLOSED, "DATA after the end of its stream");
    if (length === 0) this.#flood.count();
    this.#window -= length;
    if (stream) stream.window -= length;
    if (this.#window < 0 || (stream?.window ?? 0) < 0)
      throw new Http2Error(ERROR.FLOW_CONTROL, "window exceeded");
    this.#receiving = stream;
  }

  data(part: Buffer): void {
    const stream = this.#receiving;
    if (stream && this.#streams.has(stream.id)) stream.listener?.received(part);
  }

  dataEnds(endStream: boolean): void {
    if (this.#window < CONNECTION_WINDOW_BYTES / 2) {
      this.#outbox.send(frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(CONNECTION_WINDOW_BYTES - this.#window)));
      this.#window = CONNECTION_WINDOW_BYTES;
    }
    const stream = this.#receiving;
    this.#receiving = undefined;
    if (!stream || !this.#streams.has(stream.id)) return;
    if (endStream) this.#remoteEnded(stream);
    else if (stream.window < STREAM_WINDOW_BYTES / 2) {
      this.#outbox.send(
        frame(FRAME.WINDOW_UPDATE, 0, stream.id, uint32(STREAM_WINDOW_BYTES - stream.window)),
      );
      stream.window = STREAM_WINDOW_BYTES;
    }
  }

  frame(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === FRAME.HEADERS) this.#requested(this.#blocks.begin(flags, id, payload));
    else if (type === FRAME.CONTINUATION) this.#requested(this.#blocks.continue(flags, id, payload));
    else {
      this.#blocks.expectNone();
      this.#control(type, flags, id, payload);
    }
  }

  #read(chunk: Buffer): void {
    try {
      const rest = this.#prefaceLength < PREFACE.length ? this.#preface(chunk) : chunk;
      if (rest.length > 0 && !this.#closed) this.#reader.push(rest);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      this.abort(error.code, error.message);
    }
  }

  #preface(chunk: Buffer): Buffer {
    const end = Math.min(chunk.length, PREFACE.length - this.#prefaceLength);
    const expected = PREFACE.subarray(this.#prefaceLength, this.#prefaceLength + end);
    if (!expected.equals(chunk.subarray(0, end))) throw new Http2Error(ERROR.PROTOCOL, "not HTTP/2");
    this.#prefaceLength += end;
    return chunk.subarray(end);
  }

  /** The headers of a new stream, or trailers of one that is open. */
  #requested(block: HeaderBlock | undefined): void {
    if (!block) {
      this.#flood.count();
      return;
    }
    const known = this.#streams.get(block.stream);
    if (!known) {
      if (block.stream > this.#lastStream) this.#open(block);
      return; // Else trailers of a stream that is over.
    }
    if (!block.endStream || known.remoteEnded)
      throw new Http2Error(ERROR.PROTOCOL, "HEADERS within a stream");
    this.#remoteEnded(known);
  }

  #open({ stream: id, headers, endStream }: HeaderBlock): void {
    if (this.#closing) return; // The client has been told the last stream that counts.
    this.#lastStream = id;
    const { maxConcurrentStreams } = this.#owner;
    if (maxConcurrentStreams > 0 && this.#streams.size >= maxConcurrentStreams) {
      this.#flood.count();
      this.#outbox.send(frame(FRAME.RST_STREAM, 0, id, uint32(ERROR.REFUSED_STREAM)));
      return;
    }
    const stream = new Stream(this, id, this.#windows.initial);
    stream.remoteEnded = endStream;
    this.#streams.set(id, stream);
    stream.listener = this.#owner.opened(stream, headers);
    if (endStream && this.#streams.has(id)) stream.listener.ended();
  }

  #remoteEnded(stream: Stream): void {
    stream.remoteEnded = true;
    stream.listener?.ended();
  }

  #control(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === FRAME.SETTINGS) this.#settings(flags, id, payload);
    else if (type === FRAME.PING) this.#ping(flags, id, payload);
    else if (type === FRAME.WINDOW_UPDATE) this.#windowUpdate(id, payload);
    else if (type === FRAME.RST_STREAM) this.#reset(id, payload);
    else if (type === FRAME.PUSH_PROMISE) throw new Http2Error(ERROR.PROTOCOL, "PUSH_PROMISE from a client");
    else this.#flood.count(); // PRIORITY, GOAWAY and what later versions may add say nothing that matters here.
  }

  #settings(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new Http2Error(ERROR.PROTOCOL, "SETTINGS on a stream");
    if (flags & FLAG.ACK) return;
    if (payload.length % 6 !== 0) throw new Http2Error(ERROR.FRAME_SIZE, "malformed SETTINGS");
    this.#flood.count();
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) === SETTING.INITIAL_WINDOW_SIZE)
        this.#windows.resize(payload.readUInt32BE(at + 2), this.#streams.values());
    }
    this.#outbox.send(frame(FRAME.SETTINGS, FLAG.ACK, 0, Buffer.alloc(0)));
    this.#unblock();
  }

  #ping(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new Http2Error(ERROR.PROTOCOL, "PING on a stream");
    if (payload.length !== 8) throw new Http2Error(ERROR.FRAME_SIZE, "malformed PING");
    if (flags & FLAG.ACK) {
      this.#pings.shift()?.();
      return;
    }
    this.#flood.count();
    this.#outbox.send(frame(FRAME.PING, FLAG.ACK, 0, payload));
    this.#owner.pinged();
  }

  #windowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new Http2Error(ERROR.FRAME_SIZE, "malformed WINDOW_UPDATE");
    const increment = payload.readUInt32BE() & 0x7fff_ffff;
    if (increment === 0) throw new Http2Error(ERROR.PROTOCOL, "WINDOW_UPDATE of nothing");
    this.#flood.count();
    const stream = this.#streams.get(id);
    if (stream || id === 0) this.#windows.widen(increment, stream);
    this.#unblock();
  }

  #reset(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new Http2Error(ERROR.FRAME_SIZE, "malformed RST_STREAM");
    if (this.#isIdle(id)) throw new Http2Error(ERROR.PROTOCOL, "RST_STREAM of an idle stream");
    this.#flood.count();
    const stream = this.#streams.get(id);
    if (stream) this.#forget(stream);
  }

  /** Tries again what the windows held up. */
  #unblock(): void {
    for (const { stream, bytes, length } of this.#windows.released()) this.answer(stream, bytes, length);
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream.id);
    stream.listener?.closed();
    this.#owner.streamClosed();
    if (this.#closing) this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#streams.size === 0) this.#socket.end();
  }

  /** Whether no stream of that id was ever opened. One that came after our GOAWAY was, but not here. */
  #isIdle(id: number): boolean {
    return id === 0 || (id > this.#lastStream && !this.#closing);
  }

  #ended(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#streams.values()) {
      stream.listener?.closed();
      this.#owner.streamClosed();
    }
    this.#streams.clear();
    this.#owner.closed(error);
  }
}
