import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer, type Http2Server } from "node:http2";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { takesPieces } from "./compression.ts";
import { isWritten, standInFor } from "./pieces.ts";

const { Http2SubchannelCall } = createRequire(import.meta.url)("@grpc/grpc-js/build/src/subchannel-call.js");

let server: Http2Server;
let session: ClientHttp2Session;
/** What the server got on its only stream; it reads when told to. */
let received: Promise<Buffer>;
let read: () => void;

beforeEach(async () => {
  takesPieces();
  server = createServer();
  const reading = Promise.withResolvers<void>();
  read = reading.resolve;
  received = once(server, "stream").then(async ([stream]) => {
    stream.on("error", () => {});
    await reading.promise;
    return Buffer.concat(await stream.toArray());
  });
  received.catch(() => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on("error", () => {});
});
afterEach(() => {
  session.destroy();
  server.close();
});

/** Writes as grpc-js does on the stream of a call; `written` resolves when it is told that the write has ended. */
function write(message: Buffer) {
  const http2Stream = session.request({ ":method": "POST", ":path": "/" });
  http2Stream.on("error", () => {});
  const call = {
    http2Stream,
    callEventTracker: { addMessageSent() {} },
    endCall() {},
  };
  const { promise: written, resolve } = Promise.withResolvers<void>();
  Http2SubchannelCall.prototype.sendMessageWithContext.call(call, { callback: resolve }, message);
  return { http2Stream, written };
}

/** More than the windows and the socket take by themselves. */
const LARGE = [Buffer.alloc(2 << 20, "a"), Buffer.alloc(3 << 20, "b")];

it("writes all pieces, and says when nobody reads them any more", async () => {
  expect(isWritten(LARGE)).toBe(true);
  const { http2Stream, written } = write(standInFor([Buffer.from("head"), ...LARGE], LARGE));
  http2Stream.end();
  await once(server, "stream");
  expect(isWritten(LARGE)).toBe(false);
  read();
  expect((await received).equals(Buffer.concat([Buffer.from("head"), ...LARGE]))).toBe(true);
  await written;
  expect(isWritten(LARGE)).toBe(true);
});

it("does not call a message written whose stream broke off", async () => {
  const pieces = LARGE.slice();
  const { http2Stream, written } = write(standInFor([Buffer.from("head"), ...pieces], pieces));
  await once(server, "stream");
  http2Stream.destroy();
  await Promise.race([written, once(http2Stream, "close")]);
  expect(isWritten(pieces)).toBe(false);
});

it("writes what is no stand-in as it is", async () => {
  const { http2Stream, written } = write(Buffer.from("a message"));
  http2Stream.end();
  read();
  await written;
  expect(String(await received)).toBe("a message");
});
