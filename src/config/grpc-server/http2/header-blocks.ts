// A header block may come in several frames, with nothing else in between.
import type { IncomingHttpHeaders } from "node:http2";
import { Http2Error } from "./error.ts";
import { withoutPadding } from "./frame-reader.ts";
import { ERROR, FLAG } from "./frames.ts";
import { HpackDecoder, MAX_HEADER_LIST_BYTES } from "./hpack.ts";

/** What a PRIORITY flag puts before the block. */
const PRIORITY_BYTES = 5;

/** A whole block, decoded. */
export interface HeaderBlock {
  readonly stream: number;
  readonly headers: IncomingHttpHeaders;
  readonly endStream: boolean;
}

/** Puts the header blocks of one connection together. Throws Http2Errors. */
export class HeaderBlocks {
  readonly #hpack = new HpackDecoder();
  #stream = 0;
  #endStream = false;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Every frame but CONTINUATION: none may come before the block has ended. */
  expectNone(): void {
    if (this.#stream !== 0) throw new Http2Error(ERROR.PROTOCOL, "a header block was not continued");
  }

  /** A HEADERS frame. Gives the block when that was all of it. */
  begin(flags: number, stream: number, payload: Buffer): HeaderBlock | undefined {
    this.expectNone();
    if (stream % 2 === 0)
      throw new Http2Error(ERROR.PROTOCOL, "HEADERS on a stream that is not the client's");
    const content = withoutPadding(payload, (flags & FLAG.PADDED) !== 0);
    this.#stream = stream;
    this.#endStream = (flags & FLAG.END_STREAM) !== 0;
    return this.#add(flags & FLAG.PRIORITY ? content.subarray(PRIORITY_BYTES) : content, flags);
  }

  /** A CONTINUATION frame. */
  continue(flags: number, stream: number, payload: Buffer): HeaderBlock | undefined {
    if (stream === 0 || stream !== this.#stream)
      throw new Http2Error(ERROR.PROTOCOL, "CONTINUATION of nothing");
    return this.#add(payload, flags);
  }

  #add(part: Buffer, flags: number): HeaderBlock | undefined {
    this.#bytes += part.length;
    if (this.#bytes > MAX_HEADER_LIST_BYTES)
      throw new Http2Error(ERROR.ENHANCE_YOUR_CALM, "headers too large");
    if ((flags & FLAG.END_HEADERS) === 0) {
      this.#parts.push(Buffer.from(part)); // `part` lies in the buffer of a read.
      return undefined;
    }
    const whole = this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]);
    const block = { stream: this.#stream, headers: this.#hpack.decode(whole), endStream: this.#endStream };
    this.#stream = 0;
    this.#parts = [];
    this.#bytes = 0;
    return block;
  }
}
