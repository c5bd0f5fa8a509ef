// How much a server holds of requests that it has not answered yet.
import { CODE } from "../rpc-status/codes.ts";
import { StatusError } from "../rpc-status/status.ts";

/** The Collector waits for ever. */
const DEFAULT_STALL_MS = 60_000;

/** What a request costs beside its bytes: its stream, headers and context. */
const REQUEST_BYTES = 8 << 10;

/**
 * The memory that all requests of a receiver may take together until they are answered. Beyond it the peers are told
 * to come back, so that neither slow peers nor a pipeline that blocks make the agent grow without bound.
 */
export class InFlight {
  /** How long a peer may pause within a request. */
  readonly stallMs: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number, stallMs: number = DEFAULT_STALL_MS) {
    this.#maxBytes = maxBytes;
    this.stallMs = stallMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Opens the account of one request. */
  open(): RequestBytes {
    return new RequestBytes(this);
  }

  /** Takes `bytes`, or throws a StatusError. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new StatusError({ code: CODE.UNAVAILABLE, message: "too many requests in flight" });
    }
    this.#bytes += bytes;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** What one request holds. */
export class RequestBytes {
  readonly #inFlight: InFlight;
  #bytes = 0;
  #closed = false;

  constructor(inFlight: InFlight) {
    this.#inFlight = inFlight;
  }

  get stallMs(): number {
    return this.#inFlight.stallMs;
  }

  /**
   * Adds to what the request holds; throws a StatusError when all requests together would hold too much, or when it is
   * closed already: a peer may go while its request is decompressed.
   */
  take(bytes: number): void {
    if (this.#closed) throw new StatusError({ code: CODE.CANCELLED, message: "context canceled" });
    const more = this.#bytes === 0 ? bytes + REQUEST_BYTES : bytes;
    this.#inFlight.take(more);
    this.#bytes += more;
  }

  /** The request is answered, or its peer is gone. Safe twice. */
  close(): void {
    this.#closed = true;
    this.#inFlight.give(this.#bytes);
    this.#bytes = 0;
  }
}
