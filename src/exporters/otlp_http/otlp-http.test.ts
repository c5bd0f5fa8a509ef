import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import { logs, metrics, traces } from "../../../test/support/data.ts";
import { OtlpHttpServer } from "../../../test/support/otlp-http-server.ts";
import type { Exporter } from "../../component/index.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { PermanentError } from "../../consumer/index.ts";
import { decodeLogs } from "../../pdata/decode/logs.ts";
import { type Signal, Slabs, Traces } from "../../pdata/index.ts";
import { decodeJson } from "../../pdata/json/decode.ts";
import { Writer } from "../../pdata/protobuf/writer.ts";
import { ThrottledError } from "../helper/retry.ts";
import { otlpHttpExporterFactory } from "./factory.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(options: Parameters<typeof OtlpHttpServer.start>[0] = {}): Promise<OtlpHttpServer> {
  const started = await OtlpHttpServer.start(options);
  cleanups.push(() => started.close());
  return started;
}

/** A started exporter without queue and retries, so that `consume` tells what became of the data. */
async function exporter<S extends Signal>(
  signal: S,
  section: Record<string, unknown>,
  logger: LogRecorder = new LogRecorder(),
): Promise<Exporter<S>> {
  const config = parseConfig(otlpHttpExporterFactory.config, {
    sending_queue: { enabled: false },
    retry_on_failure: { enabled: false },
    ...section,
  });
  const created = otlpHttpExporterFactory.create(settings("otlp_http", logger), config, signal);
  await created.start(new HostRecorder());
  cleanups.push(() => created.shutdown(AbortSignal.timeout(1000)));
  return created;
}

async function failure(sending: Promise<void>): Promise<Error> {
  return sending.then(
    () => expect.unreachable("the data was taken"),
    (error: Error) => error,
  );
}

function status(code: number, message: string): Buffer {
  const out = new Writer();
  out.uint32(0x08, code);
  out.string(0x12, message);
  return out.take();
}

describe("otlp_http exporter", () => {
  it("posts the bytes of every signal to its path, with the user's headers and its own user agent", async () => {
    const to = await server();
    const section = { endpoint: to.endpoint, headers: { "X-Api-Key": "secret", host: "gateway.test" } };
    await (await exporter("traces", section)).consume(traces(3));
    await (await exporter("metrics", { ...section, endpoint: `${to.endpoint}/` })).consume(metrics(2));
    await (await exporter("logs", { ...section, endpoint: `${to.endpoint}/otlp` })).consume(logs(1));
    expect(to.received.map(({ method, path, body }) => [method, path, body])).toEqual([
      ["POST", "/v1/traces", traces(3).bytes()],
      ["POST", "/v1/metrics", metrics(2).bytes()],
      ["POST", "/otlp/v1/logs", logs(1).bytes()],
    ]);
    expect(to.received[0]!.headers).toMatchObject({
      "content-type": "application/x-protobuf",
      "content-encoding": "gzip",
      "x-api-key": "secret",
      host: "gateway.test",
      "user-agent": expect.stringMatching(/^wattspan\/0\.0\.0 \(linux\/(amd64|arm64)\)$/),
    });
  });

  it("uses a signal's own endpoint as it is", async () => {
    const to = await server();
    await (await exporter("traces", { traces_endpoint: `${to.endpoint}/api/traces?x=1` })).consume(traces(1));
    expect(to.received[0]!.path).toBe("/api/traces?x=1");
    const section = parseConfig(otlpHttpExporterFactory.config, { traces_endpoint: to.endpoint });
    expect(() => otlpHttpExporterFactory.create(settings("otlp_http"), section, "logs")).toThrow(
      "either endpoint or logs_endpoint must be specified",
    );
  });

  it.each(["gzip", "zlib", "deflate", "snappy", "x-snappy-framed", "zstd", "lz4", "none"])(
    "compresses with %s",
    async (compression) => {
      const to = await server();
      const data = traces(2000);
      await (await exporter("traces", { endpoint: to.endpoint, compression })).consume(data);
      const { headers, body } = to.received[0]!;
      expect(body.equals(data.bytes())).toBe(true);
      expect(headers["content-encoding"]).toBe(compression === "none" ? undefined : compression);
      expect(Number(headers["content-length"]) < data.byteLength / 2).toBe(compression !== "none");
    },
  );

  it("compresses as hard as it is told", async () => {
    const to = await server();
    for (const level of [1, 9]) {
      const section = { endpoint: to.endpoint, compression: "gzip", compression_params: { level } };
      await (await exporter("traces", section)).consume(traces(2000));
    }
    const [fast, best] = to.received.map(({ headers }) => Number(headers["content-length"]));
    expect(best).toBeLessThan(fast!);
  });

  it("writes OTLP's JSON", async () => {
    const to = await server();
    await (await exporter("logs", { endpoint: to.endpoint, encoding: "json" })).consume(logs(2));
    const { headers, body } = to.received[0]!;
    expect(headers["content-type"]).toBe("application/json");
    expect(decodeLogs(decodeJson("logs", body).bytes())).toEqual(decodeLogs(logs(2).bytes()));
  });

  it("gives up on what has no JSON", async () => {
    const to = await server();
    const sender = await exporter("metrics", { endpoint: to.endpoint, encoding: "json" });
    const error = await failure(sender.consume(metrics(1))); // Its points have a varint where a time should be.
    expect(error).toBeInstanceOf(PermanentError);
    expect(error.message).toMatch(/^encode metrics as JSON: malformed/);
  });

  it.each([400, 401, 403, 404, 408, 413, 418, 500, 501, 505])("gives up at %i", async (code) => {
    const to = await server();
    to.script.push({ status: code, body: status(3, "bad") });
    const error = await failure((await exporter("traces", { endpoint: to.endpoint })).consume(traces(1)));
    expect(error).toBeInstanceOf(PermanentError);
    const said = `request to ${to.endpoint}/v1/traces responded with HTTP Status Code ${code}, Message=bad, Details=[]`;
    expect(error.message).toMatch(/^rpc error: code = \w+ desc = error exporting items, /);
    expect(error.message).toContain(said);
  });

  it.each([429, 502, 503, 504])("may try again after %i", async (code) => {
    const to = await server();
    to.script.push({ status: code });
    const error = await failure((await exporter("traces", { endpoint: to.endpoint })).consume(traces(1)));
    expect(error).not.toBeInstanceOf(PermanentError);
    expect(error).not.toBeInstanceOf(ThrottledError);
    expect(error.message).toContain(`HTTP Status Code ${code}, Message=, Details=[]`);
  });

  it.each([
    [503, "7", 7000],
    [429, "0", 0],
    [429, new Date(Date.now() + 60_000).toUTCString(), 60_000],
    [503, new Date(Date.now() - 60_000).toUTCString(), 0],
    [503, "soon", undefined],
    [502, "7", undefined],
  ])("with %i and Retry-After %j waits as long", async (code, header, delay) => {
    const to = await server();
    to.script.push({ status: code, headers: { "Retry-After": header } });
    const error = await failure((await exporter("traces", { endpoint: to.endpoint })).consume(traces(1)));
    const waits = error instanceof ThrottledError ? error.retryAfterMs : undefined;
    if (delay === undefined) expect(waits).toBeUndefined();
    else expect(Math.abs(waits! - delay)).toBeLessThan(5000);
  });

  it("reads the message of a status in JSON, and does without one in a page", async () => {
    const to = await server();
    const json = { "Content-Type": "application/json" };
    to.script.push({ status: 400, headers: json, body: '{"code":3,"message":"no such tenant"}' });
    to.script.push({
      status: 502,
      headers: { "Content-Type": "text/html" },
      body: "<html>Bad Gateway</html>",
    });
    const sender = await exporter("traces", { endpoint: to.endpoint });
    expect((await failure(sender.consume(traces(1)))).message).toContain("Message=no such tenant");
    expect((await failure(sender.consume(traces(1)))).message).toMatch(/HTTP Status Code 502$/);
  });

  it.each([
    [
      "protobuf",
      { "Content-Type": "application/x-protobuf" },
      Buffer.from([0x0a, 0x07, 0x08, 2, 0x12, 3, 111, 107, 33]),
    ],
    [
      "JSON",
      { "Content-Type": "application/json" },
      '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"ok!"}}',
    ],
  ])("logs a partial success in %s, and counts the data as sent", async (_name, headers, body) => {
    const to = await server();
    to.script.push({ headers, body });
    const logger = new LogRecorder();
    await (await exporter("traces", { endpoint: to.endpoint }, logger)).consume(traces(5));
    expect(logger.records).toEqual([
      {
        level: "warn",
        attributes: { message: "ok!", dropped_spans: 2 },
        message: "Partial success response",
      },
    ]);
  });

  it("takes a success whose answer is nonsense for a success", async () => {
    const to = await server();
    to.script.push({ headers: { "Content-Type": "application/json" }, body: "{" });
    to.script.push({ body: Buffer.alloc(200_000) });
    const logger = new LogRecorder();
    const sender = await exporter("traces", { endpoint: to.endpoint }, logger);
    await sender.consume(traces(1));
    await sender.consume(traces(1));
    expect(logger.records.map(({ message }) => message)).toEqual(["Server's answer could not be read."]);
  });

  it("may try again when there is no answer, or half of one", async () => {
    const to = await server();
    to.script.push({ reset: "before" }, { reset: "mid-body" }, { delayMs: 500 });
    const sender = await exporter("traces", { endpoint: to.endpoint, timeout: "100ms" });
    const url = JSON.stringify(`${to.endpoint}/v1/traces`);
    const expected = ["socket hang up", "aborted", "context deadline exceeded \\(Client.Timeout exceeded"];
    for (const message of expected) {
      const error = await failure(sender.consume(traces(1)));
      expect(error).not.toBeInstanceOf(PermanentError);
      expect(error.message).toMatch(new RegExp(`^failed to make an HTTP request: Post ${url}: .*${message}`));
    }
    await to.close();
    const refused = await failure(sender.consume(traces(1)));
    expect(refused.message).toContain("ECONNREFUSED");
    expect(refused).not.toBeInstanceOf(PermanentError);
  });

  it("gives memory back only when nothing of it is on its way any more", async () => {
    const to = createTcpServer((socket) => {
      socket.once("data", () => {
        socket.pause(); // Answers without having read the request.
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      });
    });
    await new Promise<void>((resolve) => to.listen(0, "127.0.0.1", resolve));
    const closed = new Promise<void>((resolve) =>
      to.once("connection", (socket) => {
        socket.on("error", () => {}).once("close", () => resolve());
        cleanups.push(
          () => socket.destroy(),
          () => to.close(),
        );
        setTimeout(() => socket.resume(), 500);
      }),
    );
    const endpoint = `http://127.0.0.1:${(to.address() as AddressInfo).port}`;
    const sender = await exporter("traces", { endpoint, compression: "none" });
    const { bytes, lease } = new Slabs().lend(Buffer.alloc(32 << 20));
    await sender.consume(new Traces([bytes], 1, [lease]));
    await closed; // Nor could the connection be used for another request.
  });

  it("stops when nobody waits any more", async () => {
    const to = await server();
    to.script.push({ delayMs: 5000 });
    const sender = await exporter("traces", { endpoint: to.endpoint });
    const error = await failure(sender.consume(traces(1), { signal: AbortSignal.timeout(50) }));
    expect(error.message).toContain("timeout");
  });

  it("keeps connections, and uses another where the server has closed one", async () => {
    const to = await server();
    const sender = await exporter("traces", { endpoint: to.endpoint });
    for (let round = 0; round < 3; round++) await sender.consume(traces(1));
    expect(new Set(to.received.map(({ port }) => port)).size).toBe(1);
    to.dropConnections();
    await sender.consume(traces(1));
    expect(to.received).toHaveLength(4);
    const single = await exporter("traces", { endpoint: to.endpoint, disable_keep_alives: true });
    for (let round = 0; round < 2; round++) await single.consume(traces(1));
    expect(new Set(to.received.slice(4).map(({ port }) => port)).size).toBe(2);
  });

  it.each([
    [{}, 1],
    [{ keepalive: { idle_conn_timeout: "1m" } }, 1],
    [{ keepalive: { enabled: false } }, 3],
    [{ keepalive: { idle_conn_timeout: "10ms" } }, 3],
    [{ idle_conn_timeout: "10ms" }, 3],
  ])("has kept a connection for later where that was asked for, with %j", async (section, connections) => {
    const to = await server();
    const sender = await exporter("traces", { endpoint: to.endpoint, ...section });
    for (let round = 0; round < 3; round++) {
      await sender.consume(traces(1));
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(new Set(to.received.map(({ port }) => port)).size).toBe(connections);
  });

  it.each([
    [{ keepalive: { max_idle_conns: 1 } }, 1],
    [{ keepalive: { max_idle_conns: 3, max_idle_conns_per_host: 2 } }, 2],
    [{ max_idle_conns_per_host: 1 }, 1],
  ])("keeps no more connections than it may, with %j", async (section, connections) => {
    const to = await server();
    const sender = await exporter("traces", { endpoint: to.endpoint, ...section });
    for (let round = 0; round < 2; round++) {
      to.script.push(...Array.from({ length: 3 }, () => ({ delayMs: 20 })));
      await Promise.all([1, 2, 3].map((count) => sender.consume(traces(count))));
    }
    const ports = to.received.map(({ port }) => port);
    expect(ports.slice(3).filter((port) => ports.slice(0, 3).includes(port))).toHaveLength(connections);
  });

  it("has no more connections than it may", async () => {
    const to = await server();
    to.script.push(...Array.from({ length: 6 }, () => ({ delayMs: 20 })));
    const sender = await exporter("traces", { endpoint: to.endpoint, max_conns_per_host: 2 });
    await Promise.all([1, 2, 3, 4, 5, 6].map((count) => sender.consume(traces(count))));
    expect(new Set(to.received.map(({ port }) => port)).size).toBe(2);
  });

  it("gives a server its cookies back, when told so", async () => {
    const to = await server();
    const cookies = ["route=a; Path=/", "old=1; Max-Age=0", "other=2; Path=/elsewhere", "tls=3; Secure"];
    to.script.push({ headers: { "Set-Cookie": cookies } }, {});
    const sender = await exporter("traces", { endpoint: to.endpoint, cookies: { enabled: true } });
    for (let round = 0; round < 2; round++) await sender.consume(traces(1));
    expect(to.received.map(({ headers }) => headers.cookie)).toEqual([undefined, "route=a"]);
    for (const [cookies, kept] of [
      [null, "route=b"],
      [{ enabled: false }, undefined],
    ] as const) {
      to.script.push({ headers: { "Set-Cookie": "route=b" } }, {});
      const other = await exporter("traces", { endpoint: to.endpoint, cookies });
      for (let round = 0; round < 2; round++) await other.consume(traces(1));
      expect(to.received.at(-1)!.headers.cookie).toBe(kept);
    }
  });

  it.each([
    [{}, "at least one endpoint must be specified"],
    [{ endpoint: "localhost:4318" }, "endpoint must be a valid URL"],
    [{ endpoint: "http://a", proxy_url: "socks5://b" }, "proxy_url must be the URL of an HTTP proxy"],
    [{ endpoint: "http://a", compression: "br" }, 'unsupported compression type "br"'],
    [{ endpoint: "http://a", compression: "GZIP" }, 'unsupported compression type "GZIP"'],
    [{ endpoint: "http://a", encoding: "xml" }, "invalid encoding type: xml"],
    [{ endpoint: "http://a", auth: { authenticator: "a/" } }, "the part after / should not be empty"],
    [
      { endpoint: "http://a", keepalive: { max_idle_conns: 5 }, disable_keep_alives: true },
      "cannot use deprecated keepalive fields (idle_conn_timeout, max_idle_conns, max_idle_conns_per_host, disable_keep_alives) alongside the 'keepalive' section",
    ],
    [
      { endpoint: "http://a", compression: "lz4", compression_params: { level: 2 } },
      'unsupported parameters {Level:2} for compression type "lz4"',
    ],
    [{ endpoint: "http://a", headers: { "a b": "c" } }, "which is no header's name"],
    [{ endpoint: "http://a", headers: { a: "b\nc" } }, "a character that no header may have"],
    [
      { endpoint: "http://a", compression: "gzip", compression_params: { level: 15 } },
      'unsupported parameters {Level:15} for compression type "gzip"',
    ],
    [
      { endpoint: "http://a", compression: "snappy", compression_params: { level: 1 } },
      'unsupported parameters {Level:1} for compression type "snappy"',
    ],
  ])("does not accept %j", (section, message) => {
    expect(() => parseConfig(otlpHttpExporterFactory.config, section)).toThrow(message);
  });
});

describe("otlp_http exporter over TLS and through proxies", () => {
  let folder: string;
  const path = (name: string): string => join(folder, name);
  const certificate = (name: string): void => {
    const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name}`;
    const files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", path(`${name}.key`)];
    execFileSync("openssl", [...request.split(" "), ...files, "-out", path(`${name}.crt`)], {
      stdio: "ignore",
    });
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "otlp-http-tls-"));
    for (const name of ["server", "first", "second"]) certificate(name);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const secureServer = () =>
    server({
      tls: {
        cert: readFileSync(path("server.crt")),
        key: readFileSync(path("server.key")),
        ca: [readFileSync(path("first.crt")), readFileSync(path("second.crt"))],
        requestCert: true,
        rejectUnauthorized: false,
      },
    });

  it("checks the server, unless told not to", async () => {
    const to = await secureServer();
    const distrusting = await exporter("traces", { endpoint: to.endpoint });
    expect((await failure(distrusting.consume(traces(1)))).message).toContain("self-signed certificate");
    const trusting = await exporter("traces", {
      endpoint: to.endpoint,
      tls: { ca_file: path("server.crt") },
    });
    await trusting.consume(traces(1));
    const blind = await exporter("traces", { endpoint: to.endpoint, tls: { insecure_skip_verify: true } });
    await blind.consume(traces(1));
    const misled = await exporter("traces", {
      endpoint: to.endpoint,
      tls: { ca_file: path("server.crt"), server_name_override: "elsewhere.test" },
    });
    expect((await failure(misled.consume(traces(1)))).message).toContain("elsewhere.test");
    expect(to.received).toHaveLength(2);
  });

  it("shows its certificate, and the one that has taken its place", async () => {
    const to = await secureServer();
    const now = { cert_file: path("now.crt"), key_file: path("now.key") };
    const use = (name: string) => {
      for (const end of ["crt", "key"]) copyFileSync(path(`${name}.${end}`), path(`now.${end}`));
    };
    use("first");
    const section = { ca_file: path("server.crt"), ...now, reload_interval: "20ms" };
    const sender = await exporter("traces", { endpoint: to.endpoint, tls: section });
    await sender.consume(traces(1));
    use("second");
    await new Promise((resolve) => setTimeout(resolve, 40));
    to.dropConnections();
    await sender.consume(traces(1));
    expect(to.received.map(({ client }) => client)).toEqual(["first", "second"]);
  });

  it("does not start with files it cannot read", async () => {
    const starting = exporter("traces", {
      endpoint: "https://localhost:1",
      tls: { ca_file: path("none.crt") },
    });
    await expect(starting).rejects.toThrow("failed to load TLS config: failed to load CA CertPool File");
  });

  /** An HTTP proxy that notes what it is asked. */
  async function proxy(asked: string[]): Promise<string> {
    const listener: Server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
      request.resume().on("end", () => response.end());
    });
    listener.on("connect", (request, client) => {
      asked.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"]}`);
      const port = Number(request.url!.split(":")[1]);
      const upstream = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.pipe(client).pipe(upstream);
      });
      client.on("error", () => upstream.destroy());
      upstream.on("error", () => client.destroy());
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => {
      listener.closeAllConnections();
      listener.close();
    });
    return `http://user:pass@127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  it("asks a proxy, with an absolute URL for plain text and a tunnel for TLS", async () => {
    const asked: string[] = [];
    const proxyUrl = await proxy(asked);
    const plain = await exporter("traces", { endpoint: "http://nowhere.test", proxy_url: proxyUrl });
    await plain.consume(traces(1));
    const to = await secureServer();
    const section = { endpoint: to.endpoint, proxy_url: proxyUrl, tls: { ca_file: path("server.crt") } };
    await (await exporter("traces", section)).consume(traces(2));
    const credentials = `Basic ${Buffer.from("user:pass").toString("base64")}`;
    expect(asked).toEqual([
      `POST http://nowhere.test/v1/traces ${credentials}`,
      `CONNECT localhost:${to.port} ${credentials}`,
    ]);
    expect(to.received).toHaveLength(1);
  });
});
