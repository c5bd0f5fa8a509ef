import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder } from "../../../test/support/component.ts";
import { type Answer, send } from "../../../test/support/http-post.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { InFlight } from "../server/in-flight.ts";
import { httpServerConfig } from "./config.ts";
import type { HttpAnswer, HttpRequest } from "./request.ts";
import { HttpServer } from "./server.ts";

const MIB = 2 ** 20;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const echo = async (request: HttpRequest): Promise<HttpAnswer> => {
  const body = await request.body().catch((error: Error) => error.message);
  return { status: 200, headers: {}, body };
};

interface Running {
  readonly server: HttpServer;
  readonly address: string;
  readonly logger: LogRecorder;
}

async function serve(
  section: object,
  handler: (request: HttpRequest) => Promise<HttpAnswer> = echo,
  inFlight: InFlight = new InFlight(256 * MIB),
): Promise<Running> {
  const config = parseConfig(httpServerConfig("127.0.0.1:0"), section);
  const logger = new LogRecorder();
  const errorAnswer = (_head: object, body: string, status: number) => ({ status, headers: {}, body });
  const server = new HttpServer({ config, handler, errorAnswer, inFlight, logger });
  closing.push(() => server.shutdown(AbortSignal.abort()));
  return { server, address: await server.start(new HostRecorder()), logger };
}

/** A connection on which `text` has been sent. */
function open(address: string, text: string): Socket {
  const socket = connect(Number(address.split(":")[1]), "127.0.0.1");
  closing.push(() => socket.destroy());
  socket.on("error", () => {});
  socket.write(text);
  return socket;
}

/** Everything that comes on `socket` until it closes. */
async function all(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  await new Promise((resolve) => socket.on("close", resolve));
  return text;
}

const HEAD = "POST / HTTP/1.1\r\nHost: x\r\n";

describe("HttpServer", () => {
  it("answers 500 when its handler fails, and says so in the log", async () => {
    const { address, logger } = await serve({}, () => Promise.reject(new Error("oops")));
    expect(await send(address, "/", "x")).toMatchObject({ status: 500, body: Buffer.from("oops") });
    expect(logger.records).toEqual([
      { level: "error", attributes: { error: "oops" }, message: "Request failed." },
    ]);
  });

  it("answers a preflight itself, and adds to the other answers", async () => {
    const cors = { allowed_origins: ["http://*.test"] };
    const { address } = await serve({ cors, response_headers: { "X-A": "b" } });
    const origin = { origin: "http://a.test" };
    const preflight = await send(address, "/", "", {
      method: "OPTIONS",
      headers: { ...origin, "access-control-request-method": "POST" },
    });
    const seen = ({ status, headers }: Answer) => [
      status,
      headers["access-control-allow-origin"],
      headers["access-control-allow-methods"],
      headers["x-a"],
    ];
    expect(seen(preflight)).toEqual([204, "http://a.test", "POST", "b"]);
    expect(seen(await send(address, "/", "x", { headers: origin }))).toEqual([
      200,
      "http://a.test",
      undefined,
      "b",
    ]);
  });

  it("warns about headers that are allowed to nobody", async () => {
    const { logger } = await serve({ cors: { allowed_headers: ["a"] } });
    expect(logger.records.map(({ message }) => message)).toEqual([
      "The CORS configuration specifies allowed headers but no allowed origins, and is therefore ignored.",
    ]);
  });

  it("refuses for now what would be too much at once", async () => {
    const held = new InFlight(2 * MIB);
    const gate = Promise.withResolvers<void>();
    let read = 0;
    const { address } = await serve(
      {},
      async (request) => {
        const answer = await echo(request);
        read++;
        await gate.promise;
        return answer;
      },
      held,
    );
    const first = send(address, "/", Buffer.alloc(MIB));
    await expect.poll(() => held.bytes).toBeGreaterThan(MIB);
    const second = send(address, "/", Buffer.alloc(MIB));
    await expect.poll(() => read).toBe(2);
    gate.resolve();
    expect((await first).body).toHaveLength(MIB);
    expect((await second).body.toString()).toBe("too many requests in flight");
    await expect.poll(() => held.bytes).toBe(0);
  });

  it("gives up on a body that does not go on coming", async () => {
    const { address } = await serve({}, echo, new InFlight(MIB, 50));
    expect(await all(open(address, `${HEAD}Content-Length: 10\r\n\r\nabc`))).toMatch(
      /200 OK.*i\/o timeout$/s,
    );
  });

  it("gives up on headers that do not come within read_header_timeout", async () => {
    const { address } = await serve({ read_header_timeout: "100ms" });
    expect(await all(open(address, HEAD))).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("gives up on a request that does not come within read_timeout", async () => {
    const { address } = await serve({ read_timeout: "100ms" });
    expect(await all(open(address, `${HEAD}Content-Length: 10\r\n\r\nabc`))).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("gives up on an answer that is not there within write_timeout", async () => {
    const { address } = await serve({ write_timeout: "50ms" }, () => new Promise(() => {}));
    expect(await all(open(address, `${HEAD}Content-Length: 0\r\n\r\n`))).toBe("");
  });

  it("survives an answer that cannot be sent", async () => {
    const { address, logger } = await serve({ response_headers: { "x-broken": "a\nb" } });
    const request = `${HEAD}Content-Length: 0\r\n\r\n`;
    for (const _ of [1, 2]) expect(await all(open(address, request))).toBe("");
    expect(logger.records.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "error Request could not be answered.",
      "error Request could not be answered.",
    ]);
  });

  it("ends idle connections after idle_timeout", async () => {
    const { address } = await serve({ idle_timeout: "50ms" });
    expect(await all(open(address, `${HEAD}Content-Length: 1\r\n\r\na`))).toMatch(/200 OK.*a$/s);
  });

  it("keeps idle connections without idle_timeout", async () => {
    const { address } = await serve({});
    const socket = open(address, `${HEAD}Content-Length: 1\r\n\r\na`);
    await once(socket, "data");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(socket.readyState).toBe("open");
  });

  it("ends idle connections when it stops, and waits for the others", async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const { server, address } = await serve({}, async (request) => {
      begun.resolve();
      await gate.promise;
      return echo(request);
    });
    const idle = open(address, "");
    const answer = all(open(address, `${HEAD}Content-Length: 1\r\n\r\na`));
    await begun.promise;
    let stopped = false;
    const stopping = server.shutdown(new AbortController().signal).then(() => {
      stopped = true;
    });
    await new Promise((resolve) => idle.on("close", resolve));
    expect(stopped).toBe(false);
    gate.resolve();
    expect(await answer).toMatch(/200 OK.*Connection: close.*a$/s);
    await stopping;
  });
});
