// Hot: puts the one message of a unary call together from what its DATA frames bring.
import type { LentBytes, Slabs } from "../../pdata/index.ts";
import { CODE } from "../rpc-status/codes.ts";
import { StatusError } from "../rpc-status/status.ts";
import type { RequestBytes } from "../server/in-flight.ts";

/** A flag and the length. */
const PREFIX_BYTES = 5;

const internal = (message: string): StatusError => new StatusError({ code: CODE.INTERNAL, message });

/** A length-prefixed message as it arrives. Every method throws StatusErrors. */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #held: RequestBytes;
  readonly #prefix: Buffer = Buffer.allocUnsafe(PREFIX_BYTES);
  #prefixLength = 0;
  readonly #slabs: Slabs;
  #message: LentBytes | undefined;
  #length = 0;

  constructor(maxBytes: number, held: RequestBytes, slabs: Slabs) {
    this.#maxBytes = maxBytes;
    this.#held = held;
    this.#slabs = slabs;
  }

  get compressed(): boolean {
    return this.#prefix[0] === 1;
  }

  /** Copies `chunk`, which is a part of a buffer that Node.js reads all streams into. */
  push(chunk: Buffer): void {
    let rest = chunk;
    if (!this.#message) {
      const taken = Math.min(PREFIX_BYTES - this.#prefixLength, chunk.length);
      chunk.copy(this.#prefix, this.#prefixLength, 0, taken);
      this.#prefixLength += taken;
      if (this.#prefixLength < PREFIX_BYTES) return;
      this.#message = this.#begin();
      rest = chunk.subarray(taken);
    }
    const { bytes } = this.#message;
    if (this.#length + rest.length > bytes.length) {
      throw internal("cardinality violation: received multiple messages for a unary call");
    }
    rest.copy(bytes, this.#length);
    this.#length += rest.length;
  }

  /** The whole message, still compressed where it is. */
  take(): LentBytes {
    if (this.#prefixLength === 0) throw internal("cardinality violation: received no request message");
    if (!this.#message || this.#length < this.#message.bytes.length) throw internal("unexpected EOF");
    return this.#message;
  }

  /** Makes room for as many bytes as the prefix says. Memory that is never written to is never really taken. */
  #begin(): LentBytes {
    const flag = this.#prefix[0]!;
    const length = this.#prefix.readUInt32BE(1);
    if (flag > 1) throw internal(`grpc: received unexpected payload format ${flag}`);
    if (length > this.#maxBytes) {
      throw new StatusError({
        code: CODE.RESOURCE_EXHAUSTED,
        message: `grpc: received message larger than max (${length} vs. ${this.#maxBytes})`,
      });
    }
    this.#held.take(length);
    return this.#slabs.take(length);
  }
}
