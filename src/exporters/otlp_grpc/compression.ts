// gzip for gRPC as OTLP wants it: at its fastest level, which grpc-js has no option for, and of messages in pieces, which
// grpc-js does not know.
import { createRequire } from "node:module";
import { gzipPieces } from "./compressor.ts";

interface FilteredMessage {
  readonly message: Buffer;
  readonly flags?: number;
}
/** The parts of grpc-js's compression filter that are relied upon; the version is pinned in package.json. */
interface Filter {
  readonly currentCompressionAlgorithm?: string;
  sendMessage(message: Promise<FilteredMessage>): Promise<FilteredMessage>;
}
interface FilterFactory {
  readonly prototype: { createFilter(): Filter };
}

/** What precedes a message in gRPC: whether it is compressed, and its length. */
const FRAME_BYTES = 5;

/** The pieces of messages, by the empty buffers that stand for them on their way through grpc-js. */
const piecesOf = new WeakMap<Buffer, readonly Uint8Array[]>();
let understood: boolean | undefined;

/** Whether grpc-js takes what `inPieces` gives for a message, after seeing to it that it does. */
export function takesPieces(): boolean {
  understood ??= install();
  return understood;
}

/** Stands for a message whose pieces are joined only as they are compressed. For where `takesPieces`. */
export function inPieces(pieces: readonly Uint8Array[]): Buffer {
  const standIn = Buffer.alloc(0);
  piecesOf.set(standIn, pieces);
  return standIn;
}

function install(): boolean {
  const require = createRequire(import.meta.url);
  const internals: {
    readonly CompressionFilterFactory?: FilterFactory;
  } = require("@grpc/grpc-js/build/src/compression-filter.js");
  const factory = internals.CompressionFilterFactory?.prototype;
  if (!factory) return false; // another version
  const { createFilter } = factory;
  factory.createFilter = function (this: typeof factory): Filter {
    const filter = createFilter.call(this);
    const sendMessage = filter.sendMessage.bind(filter);
    filter.sendMessage = async (pending) => {
      const message = await pending;
      const pieces = piecesOf.get(message.message);
      if (!pieces) return await sendMessage(pending); // somebody else's
      // What the server said of itself meanwhile may have ruled it out.
      if (filter.currentCompressionAlgorithm === "gzip")
        return { ...message, message: await gzipFrame(pieces) };
      return await sendMessage(Promise.resolve({ ...message, message: Buffer.concat(pieces) }));
    };
    return filter;
  };
  return true;
}

async function gzipFrame(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const frame = await gzipPieces(pieces, FRAME_BYTES);
  frame.writeUInt8(1, 0);
  frame.writeUInt32BE(frame.length - FRAME_BYTES, 1);
  return frame;
}
