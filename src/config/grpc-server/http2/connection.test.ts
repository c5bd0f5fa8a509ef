// The server's HTTP/2 against Node's own client, and against peers that break the protocol.
import { once } from "node:events";
import { type ClientHttp2Session, type ClientSessionOptions, connect, constants } from "node:http2";
import { connect as connectTcp } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder } from "../../../../test/support/component.ts";
import { parseConfig } from "../../../confmap/decode.ts";
import { InFlight } from "../../server/in-flight.ts";
import type { UnaryHandler } from "../call.ts";
import { grpcServerConfig } from "../config.ts";
import { GrpcServer } from "../server.ts";
import { ERROR, FLAG, FRAME, frame, PREFACE, settingsFrame, uint32 } from "./frames.ts";
import { encodeHeaders } from "./hpack.ts";

const PATH = "/test.Service/Length";
const inFlight = new InFlight(2 ** 28);
let server: GrpcServer;
let address: string;

beforeAll(async () => {
  const handler: UnaryHandler = async ({ bytes }) => Buffer.from(String(bytes.length));
  const config = parseConfig(grpcServerConfig("127.0.0.1:0"), { max_recv_msg_size_mib: 64 });
  const options = { config, handlers: new Map([[PATH, handler]]), inFlight, logger: new LogRecorder() };
  server = new GrpcServer(options);
  address = await server.start(new HostRecorder());
});
afterAll(() => server.shutdown(AbortSignal.abort()));

const HEADERS = { ":method": "POST", ":path": PATH, "content-type": "application/grpc" };

function message(bytes: number): Buffer {
  const framed = Buffer.alloc(5 + bytes, 1);
  framed[0] = 0;
  framed.writeUInt32BE(bytes, 1);
  return framed;
}

async function withSession<T>(
  run: (session: ClientHttp2Session) => Promise<T>,
  options: ClientSessionOptions = {},
): Promise<T> {
  const session = connect(`http://${address}`, options);
  session.on("error", () => {});
  try {
    return await run(session);
  } finally {
    session.destroy();
  }
}

/** The answer to a message of that many bytes, and its status. */
async function call(session: ClientHttp2Session, bytes: number, headers: object = {}): Promise<string> {
  const stream = session.request({ ...HEADERS, ...headers });
  let answer = "";
  stream.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  const trailers = once(stream, "trailers");
  stream.end(message(bytes));
  const [{ "grpc-status": status }] = await trailers;
  return `${answer.slice(5)} ${status}`;
}

describe("a connection", () => {
  it.each([0, 1, 16_379, 16_380, 1 << 20, 20 << 20])("takes a message of %i bytes", async (bytes) => {
    expect(await withSession((session) => call(session, bytes))).toBe(`${bytes} 0`);
  });

  it("takes more on one connection than its windows hold, from many streams at once", async () => {
    const answers = await withSession(
      (session) => Promise.all(Array.from({ length: 30 }, () => call(session, 2 << 20))),
      { maxSessionMemory: 1000 }, // The client's.
    );
    expect(new Set(answers)).toEqual(new Set([`${2 << 20} 0`]));
    expect(inFlight.bytes).toBe(0);
  });

  it("takes padded frames", async () => {
    const paddingStrategy = constants.PADDING_STRATEGY_MAX;
    expect(await withSession((session) => call(session, 100_000), { paddingStrategy })).toBe("100000 0");
  });

  it("takes headers that need more than one frame", async () => {
    const long = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`x-${i}`, `${i}`.repeat(5000)]));
    expect(await withSession((session) => call(session, 1, long))).toBe("1 0");
  });

  it("keeps an answer until there is room for it", async () => {
    const settings = { initialWindowSize: 3 };
    const answer = withSession(
      async (session) => {
        const answering = call(session, 1);
        setTimeout(() => session.settings({ initialWindowSize: 65_535 }), 100);
        return answering;
      },
      { settings },
    );
    expect(await answer).toBe("1 0");
  });

  it("serves what comes after streams that were reset", async () => {
    const answer = await withSession(async (session) => {
      for (let i = 0; i < 200; i++) {
        const stream = session.request(HEADERS);
        stream.on("error", () => {});
        stream.write(message(1000).subarray(0, 500));
        stream.close(constants.NGHTTP2_CANCEL);
      }
      return call(session, 5);
    });
    expect(answer).toBe("5 0");
    expect(inFlight.bytes).toBe(0);
  });
});

/** What the server says before it ends a connection on which `bytes` were sent: the code of its GOAWAY, if any. */
async function goaway(...bytes: Buffer[]): Promise<number | undefined> {
  const socket = connectTcp(Number(address.split(":")[1]), "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("error", () => {});
  socket.on("data", (chunk) => chunks.push(Buffer.from(chunk)));
  socket.write(Buffer.concat(bytes));
  const timer = setTimeout(() => socket.destroy(), 2000);
  await new Promise((resolve) => socket.on("close", resolve));
  clearTimeout(timer);
  const received = Buffer.concat(chunks);
  for (let at = 0; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
    if (received[at + 3] === FRAME.GOAWAY) return received.readUInt32BE(at + 13);
  }
  return undefined;
}

const hello = Buffer.concat([PREFACE, settingsFrame(new Map())]);
const block = encodeHeaders(HEADERS);
const open = (id: number, flags: number = FLAG.END_HEADERS) => frame(FRAME.HEADERS, flags, id, block);
const none = Buffer.alloc(0);

describe("a connection ends with", () => {
  it.each<[string, number, Buffer[]]>([
    ["PROTOCOL for another preface", ERROR.PROTOCOL, [Buffer.from("POST / HTTP/1.1\r\nHost: x\r\n\r\n")]],
    ["PROTOCOL for DATA on an idle stream", ERROR.PROTOCOL, [hello, frame(FRAME.DATA, 0, 1, none)]],
    ["PROTOCOL for HEADERS on an even stream", ERROR.PROTOCOL, [hello, open(2)]],
    ["PROTOCOL for HEADERS within a stream", ERROR.PROTOCOL, [hello, open(1), open(1)]],
    ["PROTOCOL for CONTINUATION of nothing", ERROR.PROTOCOL, [hello, frame(FRAME.CONTINUATION, 0, 1, none)]],
    [
      "PROTOCOL for a block that is interrupted",
      ERROR.PROTOCOL,
      [hello, open(1, 0), frame(FRAME.PING, 0, 0, Buffer.alloc(8))],
    ],
    [
      "PROTOCOL for more padding than frame",
      ERROR.PROTOCOL,
      [hello, open(1), frame(FRAME.DATA, FLAG.PADDED, 1, Buffer.of(9, 1))],
    ],
    [
      "PROTOCOL for RST_STREAM of an idle stream",
      ERROR.PROTOCOL,
      [hello, frame(FRAME.RST_STREAM, 0, 7, uint32(0))],
    ],
    [
      "PROTOCOL for WINDOW_UPDATE of nothing",
      ERROR.PROTOCOL,
      [hello, frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(0))],
    ],
    ["PROTOCOL for PUSH_PROMISE", ERROR.PROTOCOL, [hello, frame(FRAME.PUSH_PROMISE, 0, 1, uint32(2))]],
    [
      "FRAME_SIZE for a frame that is too large",
      ERROR.FRAME_SIZE,
      [hello, frame(FRAME.PING, 0, 0, Buffer.alloc(16_385))],
    ],
    [
      "FRAME_SIZE for half a setting",
      ERROR.FRAME_SIZE,
      [hello, frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(5))],
    ],
    [
      "FLOW_CONTROL for a window that is too large",
      ERROR.FLOW_CONTROL,
      [hello, frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1))],
    ],
    [
      "STREAM_CLOSED for DATA after the end",
      ERROR.STREAM_CLOSED,
      [
        hello,
        open(1),
        frame(FRAME.DATA, FLAG.END_STREAM, 1, none),
        open(3),
        frame(FRAME.DATA, FLAG.END_STREAM, 3, message(3)),
        frame(FRAME.DATA, 0, 3, none),
      ],
    ],
    [
      "COMPRESSION for headers that are none",
      ERROR.COMPRESSION,
      [hello, frame(FRAME.HEADERS, FLAG.END_HEADERS, 1, Buffer.of(0xff))],
    ],
    [
      "ENHANCE_YOUR_CALM for headers without end",
      ERROR.ENHANCE_YOUR_CALM,
      [
        hello,
        open(1, 0),
        ...Array.from({ length: 5 }, () => frame(FRAME.CONTINUATION, 0, 1, Buffer.alloc(16_000))),
      ],
    ],
    [
      "ENHANCE_YOUR_CALM for a flood of resets",
      ERROR.ENHANCE_YOUR_CALM,
      [
        hello,
        ...Array.from({ length: 15_000 }, (_, i) => [
          open(2 * i + 1),
          frame(FRAME.RST_STREAM, 0, 2 * i + 1, uint32(8)),
        ]).flat(),
      ],
    ],
    [
      "ENHANCE_YOUR_CALM for a flood of settings",
      ERROR.ENHANCE_YOUR_CALM,
      [hello, ...Array.from({ length: 15_000 }, () => settingsFrame(new Map()))],
    ],
    [
      "ENHANCE_YOUR_CALM for a flood of empty frames",
      ERROR.ENHANCE_YOUR_CALM,
      [hello, open(1), ...Array.from({ length: 15_000 }, () => frame(FRAME.DATA, 0, 1, none))],
    ],
  ])("%s", async (_what, code, bytes) => {
    expect(await goaway(...bytes)).toBe(code);
    expect(await withSession((session) => call(session, 1))).toBe("1 0");
  });

  it("nothing worse than a GOAWAY for any frames", async () => {
    const frames = fc.array(
      fc
        .record({
          type: fc.nat(11),
          flags: fc.nat(255),
          stream: fc.nat(9),
          payload: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(block), fc.constant(message(9))),
        })
        .map(({ type, flags, stream, payload }) => frame(type, flags, stream, payload)),
      { maxLength: 20 },
    );
    const property = fc.asyncProperty(frames, async (bytes) => {
      const socket = connectTcp(Number(address.split(":")[1]), "127.0.0.1");
      socket.on("error", () => {});
      socket.resume();
      socket.end(Buffer.concat([hello, ...bytes]));
      await new Promise((resolve) => socket.on("close", resolve));
    });
    await fc.assert(property, { numRuns: 300 });
    expect(await withSession((session) => call(session, 1))).toBe("1 0");
    await expect.poll(() => inFlight.bytes).toBe(0);
  });
});
