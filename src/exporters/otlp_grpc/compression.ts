// Compression for gRPC as OTLP wants it: gzip at its fastest level, which grpc-js has no option for, and of messages in
// pieces, which grpc-js does not know, and the zstd and framed snappy of the Collector's codecs, which it does not have.
import { createRequire } from "node:module";
import type { Metadata } from "@grpc/grpc-js";
import { compressor } from "../../config/compression/compress.ts";
import { GRPC_ENCODINGS } from "../../config/compression/decompress.ts";
import { gzipPieces } from "./compressor.ts";
import { byteLengthOf, installPieces, piecesOf, standInFor } from "./pieces.ts";

interface FilteredMessage {
  readonly message: Buffer;
  readonly flags?: number;
}
/** The parts of grpc-js's compression filter that are relied upon; the version is pinned in package.json. */
interface Filter {
  currentCompressionAlgorithm?: string;
  readonly sharedFilterConfig?: { readonly serverSupportedEncodingHeader?: string };
  /** What an answer is read with; it follows from the answer's metadata. */
  readonly receiveCompression?: { decompressMessage?(message: Buffer): Promise<Buffer> };
  sendMessage(message: Promise<FilteredMessage>): Promise<FilteredMessage>;
  receiveMetadata(metadata: Metadata): Metadata;
}
interface FilterFactory {
  readonly prototype: { readonly options?: Readonly<Record<string, unknown>>; createFilter(): Filter };
}

/**
 * The channel option for what grpc-js's own has no value for: `zstd` or `snappy`. Beside it, grpc-js is told gzip, which
 * is used where the server says that it does not know the other.
 */
export const COMPRESSION_OPTION = "wattspan.compression";

const FURTHER = { zstd: compressor("zstd")!, snappy: compressor("x-snappy-framed")! } as const;

/** What an answer may unfold to: grpc-js's limit for what comes uncompressed. */
const MAX_ANSWER_BYTES = 4 << 20;

/** What precedes a message in gRPC: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

let understood: boolean | undefined;

/** Whether grpc-js takes what `inPieces` gives for a message, after seeing to it that it does. */
export function takesPieces(): boolean {
  understood ??= installPieces() && install();
  return understood;
}

/** Stands for a message that is sent, or compressed, piece by piece. For where `takesPieces`. */
export function inPieces(pieces: readonly Uint8Array[]): Buffer {
  return standInFor(pieces);
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
    const further = this.options?.[COMPRESSION_OPTION];
    if (typeof further === "string" && accepts(filter, further)) filter.currentCompressionAlgorithm = further;
    const sendMessage = filter.sendMessage.bind(filter);
    filter.sendMessage = async (pending) => {
      const message = await pending;
      const pieces = piecesOf(message.message);
      if (!pieces) return await sendMessage(pending); // somebody else's
      // What the server said of itself meanwhile may have ruled a compression out.
      return { ...message, message: await frameOf(filter.currentCompressionAlgorithm, pieces) };
    };
    const receiveMetadata = filter.receiveMetadata.bind(filter);
    filter.receiveMetadata = (metadata) => {
      const [encoding] = metadata.get("grpc-encoding");
      const received = receiveMetadata(metadata);
      takeAnswersIn(`${encoding}`, filter);
      return received;
    };
    return filter;
  };
  return true;
}

/** grpc-go answers in the compression in which it was asked, which grpc-js may not have. */
function takeAnswersIn(encoding: string, { receiveCompression }: Filter): void {
  const decompress = encoding in FURTHER ? GRPC_ENCODINGS.get(encoding) : undefined;
  if (!decompress || !receiveCompression) return;
  receiveCompression.decompressMessage = async (message) => await decompress(message, MAX_ANSWER_BYTES);
}

/** Whether the server takes `encoding`, as far as is known of it. */
function accepts({ sharedFilterConfig }: Filter, encoding: string): boolean {
  const supported = sharedFilterConfig?.serverSupportedEncodingHeader;
  return supported === undefined || supported.split(",").some((name) => name.trim() === encoding);
}

/** Stands for the message, as `encoding` has it, and what precedes it. */
async function frameOf(encoding: string | undefined, pieces: readonly Uint8Array[]): Promise<Buffer> {
  if (encoding === "gzip") return standInFor(framed(await gzipPieces(pieces), true));
  if (encoding !== "zstd" && encoding !== "snappy") return standInFor(framed(pieces, false), pieces);
  return standInFor(framed([await FURTHER[encoding](Buffer.concat(pieces))], true));
}

function framed(message: readonly Uint8Array[], compressed: boolean): Uint8Array[] {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(compressed ? 1 : 0, 0);
  prefix.writeUInt32BE(byteLengthOf(message), 1);
  return [prefix, ...message];
}
