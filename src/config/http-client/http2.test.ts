import { constants, createSecureServer, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { selfSigned } from "../../../test/support/certificate.ts";
import { OtlpHttpServer } from "../../../test/support/otlp-http-server.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { type HttpAnswer, HttpClient } from "./client.ts";
import { httpClientConfig } from "./config.ts";

const { cert, key } = selfSigned();
const BODY = Buffer.alloc(300_000, "span ");

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(http2 = true): Promise<OtlpHttpServer> {
  const started = await OtlpHttpServer.start({ tls: { cert, key }, http2 });
  cleanups.push(() => started.close());
  return started;
}

/** Posts to a server as a client with this section does. */
function poster(section: object = {}) {
  const schema = httpClientConfig({ timeout: "5s", compression: "" });
  const client = new HttpClient(parseConfig(schema, { tls: { ca_pem: cert }, ...section }), () => {});
  cleanups.push(() => client.close());
  return (endpoint: string, signal?: AbortSignal): Promise<HttpAnswer> =>
    client.post({
      url: new URL("/v1/traces?a=b", endpoint),
      headers: { "Content-Type": "application/x-protobuf" },
      body: BODY,
      maxAnswerBytes: 64,
      signal,
    });
}

const versions = ({ received }: OtlpHttpServer) => received.map(({ httpVersion }) => httpVersion);
const connections = ({ received }: OtlpHttpServer) => new Set(received.map(({ port }) => port)).size;

describe("an HTTP client", () => {
  it("speaks HTTP/2 where the server does, many requests on one connection", async () => {
    const to = await server();
    const post = poster({ headers: { "X-Tenant": "a", host: "gateway.test" } });
    to.script.push({ status: 503, headers: { "Retry-After": "7" }, body: "x".repeat(100) });
    expect(await post(to.endpoint)).toMatchObject({
      status: 503,
      headers: { "retry-after": "7" },
      body: Buffer.from("x".repeat(64)),
    });
    await Promise.all(Array.from({ length: 5 }, () => post(to.endpoint)));
    expect(versions(to)).toEqual(Array(6).fill("2.0"));
    expect(connections(to)).toBe(1);
    const [{ path, body, headers }] = to.received as [(typeof to.received)[0]];
    expect([path, body.equals(BODY)]).toEqual(["/v1/traces?a=b", true]);
    expect(headers).toMatchObject({ "x-tenant": "a", ":authority": "gateway.test" });
  });

  it.each([
    ["the server does not", false, {}],
    ["it is told not to", true, { force_attempt_http2: false }],
  ])("speaks HTTP/1.1 where %s", async (_why, http2, section) => {
    const to = await server(http2);
    const post = poster(section);
    for (let round = 0; round < 2; round++) expect((await post(to.endpoint)).status).toBe(200);
    expect(versions(to)).toEqual(["1.1", "1.1"]);
    expect(connections(to)).toBe(1);
  });

  it("opens another connection where the one it had is gone, or is not to be kept", async () => {
    const to = await server();
    const post = poster();
    await post(to.endpoint);
    to.dropConnections();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await post(to.endpoint);
    expect(connections(to)).toBe(2);
    for (const section of [{ keepalive: { enabled: false } }, { idle_conn_timeout: "10ms" }]) {
      const single = poster(section);
      for (let round = 0; round < 2; round++) {
        await single(to.endpoint);
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    }
    expect(connections(to)).toBe(6);
    expect(versions(to)).toEqual(Array(6).fill("2.0"));
  });

  it("tells what went wrong, and goes on", async () => {
    const to = await server();
    to.script.push({ delayMs: 500 }, { delayMs: 500 }, { reset: "mid-body" }, {});
    await expect(poster({ timeout: "50ms" })(to.endpoint)).rejects.toThrow("context deadline exceeded");
    const post = poster();
    await expect(post(to.endpoint, AbortSignal.timeout(50))).rejects.toThrow(/^Post "https:.*timeout/);
    await expect(post(to.endpoint)).rejects.toThrow(/^Post "https:/);
    expect((await post(to.endpoint)).status).toBe(200);
    await expect(poster({ tls: {} })(to.endpoint)).rejects.toThrow("self-signed certificate");
    await expect(
      poster({ tls: { ca_pem: cert, server_name_override: "elsewhere.test" } })(to.endpoint),
    ).rejects.toThrow("elsewhere.test");
    await expect(post("https://127.0.0.1:1")).rejects.toThrow("ECONNREFUSED");
  });

  it("posts again what the server has not looked at, once", async () => {
    let refusals = 1;
    let streams = 0;
    const to = createSecureServer({ cert, key });
    to.on("stream", (stream: ServerHttp2Stream) => {
      streams++;
      stream.on("error", () => {}); // Of those that it refuses.
      if (refusals-- > 0) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
      stream.resume().on("end", () => {
        stream.respond({ ":status": 204 });
        stream.end();
      });
    });
    await new Promise<void>((resolve) => to.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => to.close());
    const endpoint = `https://localhost:${(to.address() as AddressInfo).port}`;
    const post = poster();
    expect((await post(endpoint)).status).toBe(204);
    expect(streams).toBe(2);
    refusals = 2;
    await expect(post(endpoint)).rejects.toThrow("REFUSED_STREAM");
    expect(streams).toBe(4);
  });

  it("gives up on a connection that has fallen silent, with http2_read_idle_timeout", async () => {
    const to = await server();
    const wires: Socket[] = [];
    const wire = createServer((socket) => {
      const onward = connectTcp(to.port, "127.0.0.1");
      socket.pipe(onward).pipe(socket);
      for (const end of [socket, onward]) wires.push(end.on("error", () => {}));
    });
    await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => {
      for (const end of wires) end.destroy();
      wire.close();
    });
    const endpoint = `https://localhost:${(wire.address() as AddressInfo).port}`;
    const post = poster({ http2_read_idle_timeout: "30ms", http2_ping_timeout: "30ms", timeout: "1m" });
    await post(endpoint);
    await new Promise((resolve) => setTimeout(resolve, 200)); // Idle, but alive: it answers.
    await post(endpoint);
    expect(connections(to)).toBe(1);
    for (const end of wires) end.unpipe().pause();
    await expect(post(endpoint)).rejects.toThrow(/^Post "https:/);
    expect((await post(endpoint)).status).toBe(200);
  });
});
