// Hot: cuts what comes on a connection into frames. DATA is passed on as it comes, everything else whole.
import { Http2Error } from "./error.ts";
import { ERROR, FLAG, FRAME, FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from "./frames.ts";

/** Who is told of frames, in order. */
export interface FrameTarget {
  /** A DATA frame of `length` bytes begins; `data` follows unless it is empty. */
  dataBegins(stream: number, length: number): void;
  /** A part of the frame, in a buffer that is not the target's to keep. */
  data(part: Buffer): void;
  dataEnds(endStream: boolean): void;
  frame(type: number, flags: number, stream: number, payload: Buffer): void;
}

/** Reads frames from a connection's bytes, however they are cut. */
export class FrameReader {
  readonly #target: FrameTarget;
  readonly #header: Buffer = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerLength = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  #length = 0;
  /** What of the frame has not come yet. */
  #missing = 0;
  /** A payload that came in more than one part. */
  #payload: Buffer | undefined;

  constructor(target: FrameTarget) {
    this.#target = target;
  }

  /** Throws a Http2Error when the peer breaks the protocol. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerLength < FRAME_HEADER_BYTES) {
        at = this.#readHeader(chunk, at);
        if (this.#headerLength < FRAME_HEADER_BYTES) return;
        this.#begin();
      }
      const end = Math.min(chunk.length, at + this.#missing);
      if (this.#streaming) this.#pass(chunk, at, end);
      else this.#collect(chunk, at, end);
      at = end;
    }
  }

  get #streaming(): boolean {
    return this.#type === FRAME.DATA && (this.#flags & FLAG.PADDED) === 0;
  }

  #readHeader(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + FRAME_HEADER_BYTES - this.#headerLength);
    chunk.copy(this.#header, this.#headerLength, at, end);
    this.#headerLength += end - at;
    return end;
  }

  #begin(): void {
    const header = this.#header;
    this.#length = header.readUIntBE(0, 3);
    this.#type = header[3]!;
    this.#flags = header[4]!;
    this.#stream = header.readUInt32BE(5) & 0x7fff_ffff;
    this.#missing = this.#length;
    if (this.#length > MAX_FRAME_BYTES) throw new Http2Error(ERROR.FRAME_SIZE, "frame too large");
    if (this.#type === FRAME.DATA) this.#target.dataBegins(this.#stream, this.#length);
    if (this.#length === 0) this.#finish(EMPTY);
  }

  #pass(chunk: Buffer, at: number, end: number): void {
    if (this.#missing === 0) return; // An empty frame, which is finished.
    this.#target.data(chunk.subarray(at, end));
    this.#missing -= end - at;
    if (this.#missing === 0) this.#finish(EMPTY);
  }

  #collect(chunk: Buffer, at: number, end: number): void {
    if (this.#missing === 0) return;
    const whole = end - at === this.#length;
    if (!whole) {
      this.#payload ??= Buffer.allocUnsafe(this.#length);
      chunk.copy(this.#payload, this.#length - this.#missing, at, end);
    }
    this.#missing -= end - at;
    if (this.#missing === 0) this.#finish(whole ? chunk.subarray(at, end) : this.#payload!);
  }

  #finish(payload: Buffer): void {
    this.#headerLength = 0;
    this.#payload = undefined;
    if (this.#type !== FRAME.DATA) {
      this.#target.frame(this.#type, this.#flags, this.#stream, payload);
      return;
    }
    if (this.#flags & FLAG.PADDED) this.#target.data(withoutPadding(payload, true));
    this.#target.dataEnds((this.#flags & FLAG.END_STREAM) !== 0);
  }
}

const EMPTY = Buffer.alloc(0);

/** A payload's content. */
export function withoutPadding(payload: Buffer, padded: boolean): Buffer {
  if (!padded) return payload;
  const padding = payload[0] ?? 0;
  if (padding >= payload.length) throw new Http2Error(ERROR.PROTOCOL, "more padding than frame");
  return payload.subarray(1, payload.length - padding);
}
