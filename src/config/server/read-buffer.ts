// Hot path: one buffer that all connections of the process are read into.
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** What libuv reads at most at once. */
const READ_BYTES = 64 << 10;

type OnRead = (length: number, buffer: Buffer) => boolean;
/** Where Node.js keeps what `onread` gave a socket. */
interface Keys {
  readonly buffer: symbol;
  readonly callback: symbol;
}
/** The parts of a socket that are relied upon beside the documented ones. */
interface ReadingSocket {
  [key: symbol]: unknown;
  readonly _handle?: { useUserBuffer?(buffer: Buffer): void } | null;
}

let shared: Buffer | undefined;
let known: Keys | undefined | null = null;

/**
 * Has `received` called with what comes on `socket`, in memory that is read into again as soon as it returns.
 *
 * Node.js takes new memory of 64 KiB for each read, however little comes, unless a socket is made with `onread`, which
 * those of a server cannot be. So they are given afterwards what `onread` would have given them; where that is not
 * possible, and over TLS, they are read as usual.
 */
export function readShared(socket: Socket, received: (chunk: Buffer) => void): void {
  if (known === null) known = keysOfOnRead();
  const { _handle: handle } = socket as unknown as ReadingSocket;
  if (!known || !handle?.useUserBuffer || socket instanceof TLSSocket) {
    socket.on("data", received);
    return;
  }
  shared ??= Buffer.allocUnsafeSlow(READ_BYTES);
  const onRead: OnRead = (length, buffer) => {
    received(buffer.subarray(0, length));
    return true;
  };
  Object.assign(socket, { [known.buffer]: shared, [known.callback]: onRead });
  handle.useUserBuffer(shared);
  socket.resume();
}

/** Found on a socket that was made with `onread`. */
function keysOfOnRead(): Keys | undefined {
  const callback: OnRead = () => true;
  const buffer = Buffer.alloc(1);
  const socket = new Socket({ onread: { buffer, callback } }) as unknown as ReadingSocket;
  const keys = Object.getOwnPropertySymbols(socket);
  const keyOf = (value: unknown) => keys.find((key) => socket[key] === value);
  const found = { buffer: keyOf(buffer), callback: keyOf(callback) };
  return found.buffer && found.callback ? { buffer: found.buffer, callback: found.callback } : undefined;
}
