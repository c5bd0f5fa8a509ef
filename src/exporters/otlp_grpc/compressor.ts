// Hot path: gzip of messages that are in pieces.
import { constants, createGzip, type Gzip, type ZlibReset } from "node:zlib";
import { inBacklog } from "../../config/compression/backlog.ts";
import { byteLengthOf } from "./pieces.ts";

/** Of output; what a batch shrinks to is some five of them. */
const OUTPUT_BYTES = 64 << 10;
/** Compressors that wait for the next message; exporters rarely send more than this at once. */
const KEPT = 2;

/**
 * Compresses one message after the other, a piece at a time: pieces are not joined first. Level 1 is 3 % larger on OTLP
 * than zlib's own 6, at half the CPU.
 *
 * The state of deflate, 270 kB, stays. Made anew for each message it would count as memory that V8 must win back soon,
 * and V8 then marks the heap for 5 ms at each.
 */
class Compressor {
  readonly #gzip = createGzip({
    level: constants.Z_BEST_SPEED,
    chunkSize: OUTPUT_BYTES,
  }) as Gzip & ZlibReset; // which its types leave out
  #output: Buffer[] = [];
  #failed: (cause: Error) => void = () => {};

  constructor() {
    this.#gzip.on("data", (bytes: Buffer) => this.#output.push(bytes));
    this.#gzip.on("error", (cause) => this.#failed(cause));
  }

  /** Resolves to the compressed message, in pieces again. One call at a time. */
  compress(pieces: readonly Uint8Array[]): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      this.#failed = reject;
      for (const piece of pieces) this.#gzip.write(piece);
      this.#gzip.flush(constants.Z_FINISH, () => resolve(this.#take()));
    });
  }

  #take(): Buffer[] {
    const message = this.#output;
    this.#output = [];
    this.#gzip.reset();
    return message;
  }
}

const waiting: Compressor[] = [];
/** Compressions that are under way, by the pieces they read. */
const readers = new WeakMap<readonly Uint8Array[], Promise<unknown>>();

/** Compresses the message that `pieces` are, as gzip. */
export async function gzipPieces(pieces: readonly Uint8Array[]): Promise<Buffer[]> {
  const compressor = waiting.pop() ?? new Compressor();
  const compression = inBacklog(byteLengthOf(pieces), compressor.compress(pieces));
  readers.set(pieces, Promise.allSettled([readers.get(pieces), compression]));
  const message = await compression; // a compressor that failed is not used again
  if (waiting.length < KEPT) waiting.push(compressor);
  return message;
}

/**
 * Resolves when no compression reads these pieces any more. A server may answer before it has the request, and a retry
 * may be taken while an earlier try is still being compressed; memory that another thread reads must not be given back.
 */
export async function unread(pieces: readonly Uint8Array[]): Promise<void> {
  await readers.get(pieces);
}
