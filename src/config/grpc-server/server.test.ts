import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder } from "../../../test/support/component.ts";
import { GrpcCaller } from "../../../test/support/grpc-call.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { InFlight } from "../server/in-flight.ts";
import type { UnaryHandler } from "./call.ts";
import { grpcServerConfig } from "./config.ts";
import { GrpcServer } from "./server.ts";

const PATH = "/test.Service/Echo";
const MIB = 2 ** 20;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server of one method; gives its address. */
async function serve(
  section: object,
  handler: UnaryHandler = async ({ bytes }) => bytes,
  inFlight: InFlight = new InFlight(256 * MIB),
): Promise<string> {
  const config = parseConfig(grpcServerConfig("127.0.0.1:0"), section);
  const handlers = new Map([[PATH, handler]]);
  const server = new GrpcServer({ config, handlers, inFlight, logger: new LogRecorder() });
  closing.push(() => server.shutdown(AbortSignal.abort()));
  return server.start(new HostRecorder());
}

function caller(address: string): GrpcCaller {
  const caller = new GrpcCaller(address);
  closing.push(() => caller.client.close());
  return caller;
}

async function session(address: string): Promise<ClientHttp2Session> {
  const session = connect(`http://${address}`);
  closing.push(() => session.destroy());
  session.on("error", () => {});
  await once(session, "remoteSettings");
  return session;
}

/** Answers after `ms`. */
function late(ms: number): UnaryHandler {
  return async ({ bytes }) => {
    await sleep(ms);
    return bytes;
  };
}

const never: UnaryHandler = () => new Promise(() => {});

describe("GrpcServer", () => {
  it("answers with what its handler gives", async () => {
    const { response } = await caller(await serve({})).call(PATH, Buffer.from("hello"));
    expect(response).toEqual(Buffer.from("hello"));
  });

  it("keeps messages of non-ASCII whole", async () => {
    const failing = async () => Promise.reject(new Error("größer als 100 %\n"));
    const { details } = await caller(await serve({}, failing)).call(PATH, Buffer.from("x"));
    expect(details).toBe("größer als 100 %\n");
  });

  it("says how many streams a connection may have", async () => {
    const { remoteSettings } = await session(await serve({ max_concurrent_streams: 7 }));
    expect(remoteSettings.maxConcurrentStreams).toBe(7);
  });

  it("serves more calls than max_concurrent_streams one after the other", async () => {
    const client = caller(await serve({ max_concurrent_streams: 2 }, late(5)));
    const calls = Array.from({ length: 20 }, () => client.call(PATH, Buffer.from("x")));
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(Array(20).fill(status.OK));
  });

  it("refuses for now what would be too much at once", async () => {
    const held = new InFlight(3 * MIB);
    const gate = Promise.withResolvers<Buffer>();
    const client = caller(await serve({}, () => gate.promise, held));
    const calls = [1, 2].map(() => client.call(PATH, Buffer.alloc(MIB)));
    await expect.poll(() => held.bytes).toBeGreaterThan(2 * MIB);
    const refused = await client.call(PATH, Buffer.alloc(MIB));
    expect(refused).toMatchObject({ code: status.UNAVAILABLE, details: "too many requests in flight" });
    gate.resolve(Buffer.alloc(0));
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual([status.OK, status.OK]);
    expect(held.bytes).toBe(0);
  });

  it("gives up on a message that does not go on coming", async () => {
    const held = new InFlight(256 * MIB, 50);
    const client = await session(await serve({}, never, held));
    const stream = client.request({ ":method": "POST", ":path": PATH, "content-type": "application/grpc" });
    stream.on("error", () => {});
    stream.write(Buffer.from([0, 0, 0, 0, 9, 1]));
    const [headers] = await once(stream, "response");
    expect(headers).toMatchObject({
      "grpc-status": "4",
      "grpc-message": "timed out waiting for the request",
    });
    expect(held.bytes).toBe(0);
  });

  it("gives up on a message that is not there at the deadline", async () => {
    const client = await session(await serve({}));
    const headers = {
      ":method": "POST",
      ":path": PATH,
      "content-type": "application/grpc",
      "grpc-timeout": "50m",
    };
    const stream = client.request(headers);
    stream.on("error", () => {});
    stream.write(Buffer.from([0, 0, 0, 0, 9, 1]));
    const [answer] = await once(stream, "response");
    expect(answer["grpc-status"]).toBe("4");
  });
});

describe("keepalive", () => {
  const parameters = (server_parameters: object) => ({ keepalive: { server_parameters } });

  it("ends a connection without calls after max_connection_idle", async () => {
    const client = await session(await serve(parameters({ max_connection_idle: "100ms" })));
    const started = performance.now();
    await once(client, "close");
    expect(performance.now() - started).toBeGreaterThan(50);
  });

  it("does not end one whose calls take longer", async () => {
    const slow = late(300);
    const client = caller(await serve(parameters({ max_connection_idle: "100ms" }), slow));
    expect((await client.call(PATH, Buffer.from("x"))).code).toBe(status.OK);
  });

  it("lets calls end when a connection has reached max_connection_age", async () => {
    const slow = late(300);
    const address = await serve(
      parameters({ max_connection_age: "100ms", max_connection_age_grace: "10s" }),
      slow,
    );
    const client = await session(address);
    const goaway = once(client, "goaway");
    const call = caller(address).call(PATH, Buffer.from("x"));
    expect((await goaway)[0]).toBe(0);
    expect((await call).code).toBe(status.OK);
  });

  it("cuts calls off after max_connection_age_grace", async () => {
    const address = await serve(
      parameters({ max_connection_age: "50ms", max_connection_age_grace: "50ms" }),
      never,
    );
    expect((await caller(address).call(PATH, Buffer.from("x"))).code).toBe(status.UNAVAILABLE);
  });

  it("ends a connection whose peer answers no ping", async () => {
    const address = await serve(parameters({ time: "1s", timeout: "100ms" }));
    const silent = connectTcp(Number(address.split(":")[1]), "127.0.0.1");
    silent.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    silent.resume();
    const answering = await session(address);
    await once(silent, "close");
    expect(answering.closed).toBe(false);
  });

  it("lets clients ask as often as enforcement_policy says", async () => {
    const enforcement_policy = { min_time: "1ms", permit_without_stream: true };
    const client = await session(await serve({ keepalive: { enforcement_policy } }));
    for (let ping = 0; ping < 6; ping++) {
      await new Promise<void>((resolve) => client.ping(() => resolve()));
      await sleep(5);
    }
    expect(client.closed).toBe(false);
  });
});
