// The client of the pipeline benchmark, in a process of its own: one body over and over, a fixed number at a time.
import { Agent, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { GRPC_PATHS, type Load, type Sent } from "./wire.ts";

type Send = () => Promise<boolean>;

process.on("message", async (load: Load) => process.send!(await run(load)));
process.on("disconnect", () => process.exit());
process.send!({});

async function run(load: Load): Promise<Sent> {
  const { send, close } = load.protocol === "grpc" ? overGrpc(load) : overHttp(load);
  const until = performance.now() + load.seconds * 1000;
  let accepted = 0;
  let refused = 0;
  const worker = async () => {
    while (performance.now() < until) {
      if (await send()) accepted++;
      else refused++;
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, worker));
  close();
  return { accepted, refused };
}

function overGrpc({ port, signal, body, compression }: Load): { send: Send; close(): void } {
  const session = connect(`http://127.0.0.1:${port}`);
  const frame = framed(Buffer.from(body, "base64"), compression === "gzip");
  const headers = {
    ":method": "POST",
    ":path": GRPC_PATHS[signal],
    "content-type": "application/grpc",
    te: "trailers",
    ...(compression === "gzip" && { "grpc-encoding": "gzip" }),
  };
  return { send: () => call(session, headers, frame), close: () => session.close() };
}

function call(session: ClientHttp2Session, headers: object, frame: Buffer): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stream = session.request(headers as Record<string, string>);
  stream.on("trailers", (trailers) => resolve(Number(trailers["grpc-status"]) === 0));
  stream.on("close", () => resolve(false)).on("error", () => resolve(false));
  stream.resume();
  stream.end(frame);
  return promise;
}

/** gRPC's five bytes before a message: whether it is compressed, and its length. */
function framed(message: Buffer, compressed: boolean): Buffer {
  const body = compressed ? gzipSync(message) : message;
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

function overHttp({ port, signal, body, compression, concurrency }: Load): { send: Send; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const bytes = Buffer.from(body, "base64");
  const sent = compression === "gzip" ? gzipSync(bytes) : bytes;
  const headers = {
    "content-type": "application/json",
    "content-length": sent.length,
    ...(compression === "gzip" && { "content-encoding": "gzip" }),
  };
  const options = { agent, port, host: "127.0.0.1", path: `/v1/${signal}`, method: "POST", headers };
  const send = () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const request = httpRequest(options, (response) => {
      response.resume().on("end", () => resolve(response.statusCode === 200));
    });
    request.on("error", () => resolve(false)).end(sent);
    return promise;
  };
  return { send, close: () => agent.destroy() };
}
