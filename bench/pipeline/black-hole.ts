// The backend of the pipeline benchmark, in a process of its own: takes OTLP over gRPC, counts the items, forgets them.
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { dataFromBytes, type Signal } from "../../src/pdata/index.ts";
import { type Ask, GRPC_PATHS, type Swallowed } from "./wire.ts";

const SIGNALS = new Map(Object.entries(GRPC_PATHS).map(([signal, path]) => [path, signal as Signal]));
/** An empty message: not compressed, no bytes. */
const EMPTY = Buffer.alloc(5);
const WINDOW = 16 * 2 ** 20;

let items = 0;
let bytes = 0;

const server = createServer({ settings: { initialWindowSize: WINDOW } });
server.on("session", (session) => session.setLocalWindowSize(WINDOW));
server.on("stream", (stream: ServerHttp2Stream, headers) => {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    take(SIGNALS.get(headers[":path"] ?? ""), Buffer.concat(chunks));
    answer(stream);
  });
});

function take(signal: Signal | undefined, frame: Buffer): void {
  if (!signal) throw new Error("a request for a path that is not OTLP's");
  const body = frame.subarray(5);
  bytes += body.length;
  items += dataFromBytes(signal, frame[0] === 1 ? gunzip(body) : body).itemCount;
}

/** In one piece: a backend that is slower than what is measured would fill its queue. */
function gunzip(body: Buffer): Buffer {
  return gunzipSync(body, { chunkSize: body.readUInt32LE(body.length - 4) + 1 });
}

function answer(stream: ServerHttp2Stream): void {
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.end(EMPTY);
}

server.listen(0, "127.0.0.1", () => process.send!({ port: (server.address() as AddressInfo).port }));
process.on("message", ({ reset }: Ask) => {
  process.send!({ items, bytes } satisfies Swallowed);
  if (reset) items = bytes = 0;
});
process.on("disconnect", () => process.exit());
