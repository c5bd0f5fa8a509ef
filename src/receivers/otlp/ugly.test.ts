// Peers that do not keep to the protocol, by accident or not: each gets an error of its own, the others don't notice.
import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { traces } from "../../../test/support/data.ts";
import { GrpcCaller, METHODS } from "../../../test/support/grpc-call.ts";
import { post } from "../../../test/support/http-post.ts";
import { OtlpUnderTest } from "../../../test/support/otlp-under-test.ts";

const body = Buffer.from(traces(2).bytes());

let otlp: OtlpUnderTest;
beforeEach(async () => {
  otlp = await OtlpUnderTest.start({ grpc: {}, http: {} });
});
afterEach(async () => {
  await expectServing();
  await otlp.stop(AbortSignal.abort());
});

/** Whatever a test did, others are still served. */
async function expectServing(): Promise<void> {
  const before = otlp.taken.length;
  using caller = new GrpcCaller(otlp.grpc);
  expect((await caller.call(METHODS.traces, body)).code).toBe(status.OK);
  expect((await post(otlp.http, "/v1/traces", body)).status).toBe(200);
  expect(otlp.taken.length).toBe(before + 2);
  expect(otlp.host.statuses).toEqual([]);
}

/** A message with its prefix; `length` may say something else than there is. */
function framed(message: Buffer, length: number = message.length, flag = 0): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

interface Ended {
  readonly http: unknown;
  readonly grpc: unknown;
  readonly message: unknown;
}

/** How the server ends a stream with these headers and bytes. */
async function stream(data: Buffer, headers: OutgoingHttpHeaders = {}): Promise<Ended> {
  const session = connectHttp2(`http://${otlp.grpc}`);
  try {
    const request = session.request(
      {
        ":method": "POST",
        ":path": METHODS.traces,
        "content-type": "application/grpc",
        ...headers,
      },
      { endStream: false },
    );
    const seen: Record<string, unknown> = {};
    request.on("response", (response) => Object.assign(seen, response));
    request.on("trailers", (trailers) => Object.assign(seen, trailers));
    request.resume();
    request.end(data);
    await once(request, "close");
    return {
      http: seen[":status"],
      grpc: seen["grpc-status"],
      message: decodeURIComponent(String(seen["grpc-message"])),
    };
  } finally {
    session.destroy();
  }
}

describe("a gRPC server faced with", () => {
  it.each<[string, Buffer, OutgoingHttpHeaders, Ended]>([
    [
      "another content type",
      framed(body),
      { "content-type": "application/json" },
      { http: 415, grpc: "3", message: 'invalid gRPC request content-type "application/json"' },
    ],
    [
      "a GET",
      Buffer.alloc(0),
      { ":method": "GET" },
      { http: 405, grpc: "13", message: 'Received a HEADERS frame with :method "GET" which should be POST' },
    ],
    [
      "no method name",
      framed(body),
      { ":path": "/" },
      { http: 200, grpc: "12", message: 'malformed method name: "/"' },
    ],
    [
      "a bad timeout",
      framed(body),
      { "grpc-timeout": "soon" },
      { http: 400, grpc: "13", message: 'malformed grpc-timeout: "soon"' },
    ],
    [
      "a timeout that has passed",
      framed(body),
      { "grpc-timeout": "0n" },
      { http: 200, grpc: "4", message: "context deadline exceeded" },
    ],
    [
      "no message",
      Buffer.alloc(0),
      {},
      { http: 200, grpc: "13", message: "cardinality violation: received no request message" },
    ],
    ["half a prefix", Buffer.from([0, 0]), {}, { http: 200, grpc: "13", message: "unexpected EOF" }],
    [
      "a message that is shorter than it says",
      framed(body, body.length + 1),
      {},
      { http: 200, grpc: "13", message: "unexpected EOF" },
    ],
    [
      "two messages",
      Buffer.concat([framed(body), framed(body)]),
      {},
      {
        http: 200,
        grpc: "13",
        message: "cardinality violation: received multiple messages for a unary call",
      },
    ],
    [
      "an unknown flag",
      framed(body, body.length, 7),
      {},
      { http: 200, grpc: "13", message: "grpc: received unexpected payload format 7" },
    ],
    [
      "the largest length there is",
      framed(body, 0xffff_ffff),
      {},
      { http: 200, grpc: "8", message: "grpc: received message larger than max (4294967295 vs. 4194304)" },
    ],
    [
      "an unknown encoding",
      framed(body, body.length, 1),
      { "grpc-encoding": "br" },
      { http: 200, grpc: "12", message: 'grpc: Decompressor is not installed for grpc-encoding "br"' },
    ],
    [
      "compression without an encoding",
      framed(body, body.length, 1),
      {},
      { http: 200, grpc: "13", message: "grpc: compressed flag set with identity or empty encoding" },
    ],
    [
      "gzip that is none",
      framed(body, body.length, 1),
      { "grpc-encoding": "gzip" },
      { http: 200, grpc: "13", message: "grpc: failed to decompress the message: gzip: invalid header" },
    ],
    [
      "half of a gzip",
      framed(gzipSync(body).subarray(0, 20), 20, 1),
      { "grpc-encoding": "gzip" },
      { http: 200, grpc: "13", message: "grpc: failed to read decompressed data: unexpected EOF" },
    ],
  ])("%s", async (_what, data, headers, ended) => {
    expect(await stream(data, headers)).toEqual(ended);
    expect(otlp.taken).toEqual([]);
  });

  it("an encoding that is named but not used", async () => {
    expect(await stream(framed(body), { "grpc-encoding": "gzip" })).toMatchObject({ grpc: "0" });
    expect(otlp.bytes).toEqual([body]);
  });

  it("64 KiB of headers", async () => {
    const headers = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`x-${i}`, "a".repeat(4000)]));
    const { grpc } = await stream(framed(body), headers).catch(() => ({ grpc: "cut off" }));
    expect(["0", "cut off", undefined]).toContain(grpc);
  });

  it("streams that are reset in the middle of a message", async () => {
    const session = connectHttp2(`http://${otlp.grpc}`);
    for (let round = 0; round < 50; round++) {
      const request = session.request({
        ":method": "POST",
        ":path": METHODS.traces,
        "content-type": "application/grpc",
      });
      request.on("error", () => {});
      request.write(framed(body, 1 << 20));
      await new Promise((resolve) => setImmediate(resolve));
      request.close(constants.NGHTTP2_CANCEL);
      await once(request, "close");
    }
    session.destroy();
    expect(otlp.taken).toEqual([]);
  });

  it("a connection that is cut in the middle of a message", async () => {
    const session = connectHttp2(`http://${otlp.grpc}`);
    session.on("error", () => {});
    const request = session.request({
      ":method": "POST",
      ":path": METHODS.traces,
      "content-type": "application/grpc",
    });
    request.on("error", () => {});
    request.write(framed(body, 1 << 20));
    await once(session, "remoteSettings");
    (session.socket as Socket).resetAndDestroy?.();
    session.destroy();
    expect(otlp.taken).toEqual([]);
  });

  it("bytes that are no HTTP/2", async () => {
    for (const bytes of [
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\0".repeat(4096),
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff",
    ]) {
      const socket = connectTcp(Number(otlp.grpc.split(":")[1]), "127.0.0.1");
      socket.on("error", () => {});
      socket.resume();
      socket.end(Buffer.from(bytes, "latin1"));
      await once(socket, "close");
    }
  });

  it("a client that asks all the time whether it is alive", async () => {
    const session: ClientHttp2Session = connectHttp2(`http://${otlp.grpc}`);
    const goaway = once(session, "goaway");
    session.on("error", () => {});
    await once(session, "remoteSettings");
    for (let ping = 0; ping < 5 && !session.destroyed; ping++) session.ping(() => {});
    const [code, , data] = await goaway;
    expect({ code, data: Buffer.from(data).toString() }).toEqual({
      code: constants.NGHTTP2_ENHANCE_YOUR_CALM,
      data: "too_many_pings",
    });
  });
});

/** Everything the server sends until it closes the connection, or `ms` have passed. */
async function raw(text: string | Buffer, { end = false, ms = 2000 } = {}): Promise<string> {
  const socket = connectTcp(Number(otlp.http.split(":")[1]), "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  socket.write(text);
  if (end) socket.end();
  const timer = setTimeout(() => socket.destroy(), ms);
  await new Promise((resolve) => socket.on("close", resolve));
  clearTimeout(timer);
  return Buffer.concat(chunks).toString("latin1");
}

const head = (...lines: string[]) =>
  ["POST /v1/traces HTTP/1.1", "Host: x", "Content-Type: application/x-protobuf", ...lines, "", ""].join(
    "\r\n",
  );

describe("an HTTP server faced with", () => {
  it("half a body", async () => {
    await raw(Buffer.concat([Buffer.from(head(`Content-Length: ${body.length}`)), body.subarray(0, 10)]), {
      end: true,
    });
    expect(otlp.taken).toEqual([]);
  });

  it("a body that is cut off", async () => {
    const socket = connectTcp(Number(otlp.http.split(":")[1]), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(Buffer.concat([Buffer.from(head("Content-Length: 100000")), body]));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    await once(socket, "close");
    expect(otlp.taken).toEqual([]);
  });

  it("a body that is announced to be too large", async () => {
    const answer = await raw(head("Content-Length: 99999999999"));
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain("http: request body too large");
  });

  it("a chunked body without end", async () => {
    const chunk = `100000\r\n${"a".repeat(1 << 20)}\r\n`;
    const answer = await raw(head("Transfer-Encoding: chunked") + chunk.repeat(25), { ms: 10_000 });
    expect(answer).toContain("http: request body too large");
  });

  it("a chunk that is none", async () => {
    expect(await raw(`${head("Transfer-Encoding: chunked")}zz\r\n`)).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n/,
    );
  });

  it("64 KiB of headers", async () => {
    const answer = await raw(head(`X-Long: ${"a".repeat(65_536)}`, "Content-Length: 0", "Connection: close"));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it("headers without end", async () => {
    const answer = await raw(`POST / HTTP/1.1\r\n${`X: ${"a".repeat(4000)}\r\n`.repeat(400)}`);
    expect(answer).toMatch(/^(HTTP\/1\.1 431 |$)/); // The answer may be lost on a client that goes on sending.
  });

  it("something that is no HTTP", async () => {
    expect(await raw("\x16\x03\x01 hello\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it("two requests at once", async () => {
    const request = Buffer.concat([Buffer.from(head(`Content-Length: ${body.length}`)), body]);
    const answers = await raw(Buffer.concat([request, request]), { ms: 500 });
    expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(otlp.bytes).toEqual([body, body]);
  });
});
