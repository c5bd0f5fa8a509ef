// What the peer lets us send: HTTP/2's flow control (RFC 9113, section 5.2), for answers that are sent whole or wait.
import { Http2Error } from "./error.ts";
import { ERROR, MAX_WINDOW_BYTES } from "./frames.ts";
import type { Stream } from "./stream.ts";

const DEFAULT_WINDOW_BYTES = 65_535;

interface Answer {
  readonly stream: Stream;
  readonly bytes: Buffer;
  /** How many of the bytes count. */
  readonly length: number;
}

/** The windows of one connection's peer, and the answers they hold up. */
export class SendWindows {
  #connection = DEFAULT_WINDOW_BYTES;
  #initial = DEFAULT_WINDOW_BYTES;
  #waiting: Answer[] = [];

  /** The window of a new stream. */
  get initial(): number {
    return this.#initial;
  }

  /** Whether the answer may be sent now; else it waits for `released`. */
  take(answer: Answer): boolean {
    const { stream, length } = answer;
    if (length > this.#connection || length > stream.sendWindow) {
      this.#waiting.push(answer);
      return false;
    }
    this.#connection -= length;
    return true;
  }

  /** The peer's setting; it counts for streams that are open, too. */
  resize(bytes: number, streams: Iterable<Stream>): void {
    if (bytes > MAX_WINDOW_BYTES) throw new Http2Error(ERROR.FLOW_CONTROL, "window too large");
    for (const stream of streams) stream.sendWindow += bytes - this.#initial;
    this.#initial = bytes;
  }

  /** The peer lets more come: on `stream`, or on the connection when undefined. */
  widen(increment: number, stream: Stream | undefined): void {
    if (stream) stream.sendWindow += increment;
    else this.#connection += increment;
    const largest = Math.max(this.#connection, stream?.sendWindow ?? 0);
    if (largest > MAX_WINDOW_BYTES) throw new Http2Error(ERROR.FLOW_CONTROL, "window too large");
  }

  /** The answers that waited, to be tried again. */
  released(): readonly Answer[] {
    const waiting = this.#waiting;
    if (waiting.length > 0) this.#waiting = [];
    return waiting;
  }
}
