// Hot path: inflates one message after the other with one state of zlib's.
import { constants, createGunzip, createInflate, type ZlibOptions } from "node:zlib";

/** The part of node:zlib's streams that is relied upon; other packages have relied on it since Node.js 10. */
interface Handle {
  onerror(message: string, errno: number, code: string): void;
  reset(): void;
  /** Leaves in the stream's `_writeState` how much room and how much input is left. */
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
}

interface Stream {
  readonly _handle?: Partial<Handle> | null;
  readonly _writeState?: Uint32Array;
  close(): void;
}

export type InflaterEncoding = "gzip" | "zlib";

const STREAMS: { readonly [E in InflaterEncoding]: (options: ZlibOptions) => unknown } = {
  gzip: createGunzip,
  zlib: createInflate,
};

/**
 * Inflates whole messages, at once. To make zlib's state anew, 40 kB of it behind a stream of Node.js, takes twice as long
 * as to inflate a request of a hundred spans.
 */
export class Inflater {
  readonly #encoding: InflaterEncoding;
  #stream: Stream | undefined;

  constructor(encoding: InflaterEncoding) {
    this.#encoding = encoding;
  }

  /**
   * Inflates all of `input` into `output` and gives how many bytes that were. Undefined where that is not possible, for
   * whatever reason: `output` has to be larger than the message.
   */
  inflate(input: Uint8Array, output: Uint8Array): number | undefined {
    this.#stream ??= STREAMS[this.#encoding]({ chunkSize: constants.Z_MIN_CHUNK }) as Stream;
    const { _handle: handle, _writeState: state } = this.#stream;
    if (!isHandle(handle) || !state) return undefined;
    let failed = false;
    handle.onerror = () => {
      failed = true;
    };
    handle.reset();
    handle.writeSync(constants.Z_FINISH, input, 0, input.length, output, 0, output.length);
    const [room, rest] = state;
    if (!failed && rest === 0 && room! > 0) return output.length - room!;
    this.#stream.close(); // Its state is not known.
    this.#stream = undefined;
    return undefined;
  }
}

function isHandle(handle: Stream["_handle"]): handle is Handle {
  return typeof handle?.writeSync === "function" && typeof handle.reset === "function";
}
