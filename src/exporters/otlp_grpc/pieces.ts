// Hot path: messages that go through grpc-js and HTTP/2 in pieces, which are never joined.

import type { ClientHttp2Stream } from "node:http2";
import { createRequire } from "node:module";

interface WriteContext {
  readonly callback?: () => void;
}
/** The part of grpc-js's HTTP/2 call that is relied upon; the version is pinned in package.json. */
interface SubchannelCall {
  readonly http2Stream: ClientHttp2Stream;
  sendMessageWithContext(context: WriteContext, message: Buffer): void;
}

/** A message, or the frame of one. */
interface Pieces {
  readonly bytes: readonly Uint8Array[];
  /** The message that a frame only refers to. */
  readonly of: readonly Uint8Array[] | undefined;
}

/** By the empty buffers that stand for them on their way through grpc-js, which copies what it frames itself. */
const standIns = new WeakMap<Buffer, Pieces>();
/** Writes of a message that have not ended well, whose memory the kernel or Node.js may therefore still read. */
const writes = new WeakMap<readonly Uint8Array[], number>();

/** Stands for a message, or for the frame `bytes` of the message `of`, which lies in the same memory. */
export function standInFor(bytes: readonly Uint8Array[], of?: readonly Uint8Array[]): Buffer {
  const standIn = Buffer.alloc(0);
  standIns.set(standIn, { bytes, of });
  return standIn;
}

/** What `message` stands for; undefined for what is a message itself. */
export function piecesOf(message: Buffer): readonly Uint8Array[] | undefined {
  return standIns.get(message)?.bytes;
}

/** How long a message in pieces is. */
export function byteLengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** Whether every write of the message has ended, and none in failure: one that failed may be half under way. */
export function isWritten(message: readonly Uint8Array[]): boolean {
  return !writes.get(message);
}

/** Lets grpc-js's calls write what stands for a frame piece by piece. False where this is not the grpc-js we know. */
export function installPieces(): boolean {
  const require = createRequire(import.meta.url);
  const internals: {
    readonly Http2SubchannelCall?: { readonly prototype: SubchannelCall };
  } = require("@grpc/grpc-js/build/src/subchannel-call.js");
  const call = internals.Http2SubchannelCall?.prototype;
  if (!call) return false;
  const { sendMessageWithContext } = call;
  call.sendMessageWithContext = function (this: SubchannelCall, context, message) {
    const frame = standIns.get(message);
    if (frame) writePieces(this, frame, context, sendMessageWithContext);
    else sendMessageWithContext.call(this, context, message);
  };
  return true;
}

/** The last piece is written as grpc-js writes a message, so that what follows from it does; the others before it. */
function writePieces(
  call: SubchannelCall,
  { bytes, of }: Pieces,
  context: WriteContext,
  writeLast: SubchannelCall["sendMessageWithContext"],
): void {
  const { http2Stream } = call;
  let failed = false;
  const ended = (error?: Error | null) => {
    failed ||= Boolean(error) || http2Stream.destroyed; // Where a stream is destroyed Node.js reports no error.
  };
  const callback = () => {
    if (of && !failed) writes.set(of, writes.get(of)! - 1);
    context.callback?.();
  };
  if (of) writes.set(of, (writes.get(of) ?? 0) + 1);
  const last = bytes.length - 1;
  http2Stream.cork();
  for (let i = 0; i < last; i++) http2Stream.write(bytes[i]!, ended);
  writeLast.call(call, { ...context, callback }, asBuffer(bytes[last]!));
  http2Stream.uncork();
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
