import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { zstdCompressSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import { logs, metrics, traces } from "../../../test/support/data.ts";
import {
  CODE,
  type ListenOptions,
  OtlpReceiver,
  type ServerTls,
} from "../../../test/support/otlp-receiver.ts";
import { OtlpUnderTest } from "../../../test/support/otlp-under-test.ts";
import type { Exporter } from "../../component/index.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { PermanentError } from "../../consumer/index.ts";
import { type Signal, Traces } from "../../pdata/index.ts";
import type { QueuedExporter } from "../helper/exporter.ts";
import { otlpGrpcExporterFactory } from "./factory.ts";

const never = new AbortController().signal;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function receiver(options: ListenOptions = {}): Promise<OtlpReceiver> {
  const started = await OtlpReceiver.start(options);
  cleanups.push(() => started.close());
  return started;
}

const QUICK_RETRY = { initial_interval: "10ms", max_interval: "50ms", max_elapsed_time: "5s" };

/** A started exporter without queue, so that `consume` tells what became of the data. */
async function exporter<S extends Signal>(
  signal: S,
  section: Record<string, unknown>,
  logger: LogRecorder = new LogRecorder(),
): Promise<Exporter<S>> {
  const config = parseConfig(otlpGrpcExporterFactory.config, {
    tls: { insecure: true },
    sending_queue: { enabled: false },
    retry_on_failure: QUICK_RETRY, // On a busy machine the first connection may come too late.
    ...section,
  });
  const created = otlpGrpcExporterFactory.create(settings("otlp_grpc", logger), config, signal);
  await created.start(new HostRecorder());
  cleanups.push(() => created.shutdown(AbortSignal.timeout(1000)));
  return created;
}

describe("otlp_grpc exporter", () => {
  it("sends the bytes of every signal to its service, with the user's headers and its own user agent", async () => {
    const server = await receiver();
    const section = { endpoint: server.endpoint, headers: { "x-api-key": "secret", "x-raw-bin": "é" } };
    await (await exporter("traces", section)).consume(traces(3));
    await (await exporter("metrics", section)).consume(metrics(2));
    await (await exporter("logs", { ...section, headers: [{ name: "x-api-key", value: "b" }] })).consume(
      logs(1),
    );
    expect(server.received.map(({ signal, bytes }) => [signal, bytes])).toEqual([
      ["traces", traces(3).bytes()],
      ["metrics", metrics(2).bytes()],
      ["logs", logs(1).bytes()],
    ]);
    expect(server.spans.map((span) => span.name)).toEqual(["span 0", "span 1", "span 2"]);
    const { headers } = server.received[0]!;
    expect(headers["x-api-key"]).toBe("secret");
    expect(headers["x-raw-bin"]).toBe("é");
    expect(headers["user-agent"]).toMatch(/^wattspan\/0\.0\.0 \(linux\/(amd64|arm64)\) grpc-node-js\//);
    expect(server.received[2]!.headers["x-api-key"]).toBe("b");
  });

  it.each([
    ["gzip", "gzip"],
    ["none", ""],
  ])("compresses with %s", async (compression, encoding) => {
    const server = await receiver();
    const sink = await exporter("traces", { endpoint: server.endpoint, compression });
    await sink.consume(traces(1000));
    expect(server.received[0]!.bytes).toEqual(traces(1000).bytes());
    expect(server.encodings).toEqual([encoding]);
  });

  it.each(["http://127.0.0.1:PORT", "127.0.0.1:PORT", "dns:///localhost:PORT", "127.0.0.1:PORT/"])(
    "takes the endpoint %s",
    async (form) => {
      const server = await receiver();
      const sink = await exporter("traces", { endpoint: form.replace("PORT", `${server.port}`) });
      await sink.consume(traces(1));
      expect(server.spans).toHaveLength(1);
    },
  );

  it.each(["zstd", "snappy"])(
    "compresses with %s, as the Collector's receivers take it",
    async (compression) => {
      await using otlp = await OtlpUnderTest.start({ grpc: {} });
      const sink = await exporter("traces", { endpoint: otlp.grpc, compression });
      for (const data of [traces(4000), traces(1)]) await sink.consume(data); // Before and after the server's answer.
      expect(otlp.bytes).toEqual([traces(4000), traces(1)].map((data) => Buffer.from(data.bytes())));
    },
  );

  it("takes an answer in the compression of its request, as Go's servers give it", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    cleanups.push(async () => void server.close());
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.respond(
        { ":status": 200, "content-type": "application/grpc", "grpc-encoding": "zstd" },
        { waitForTrailers: true },
      );
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      const answer = zstdCompressSync(Buffer.alloc(0));
      stream
        .resume()
        .on("end", () => stream.end(Buffer.concat([Buffer.of(1, 0, 0, 0, answer.length), answer])));
    });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const sink = await exporter("traces", { endpoint: `127.0.0.1:${port}`, compression: "zstd" });
    await expect(sink.consume(traces(1))).resolves.toBeUndefined();
  });

  it("fails for good with a server that does not know its compression", async () => {
    const server = await receiver(); // grpc-js's own has gzip and deflate.
    const sink = await exporter("traces", { endpoint: server.endpoint, compression: "zstd" });
    const failure = sink.consume(traces(1));
    await expect(failure).rejects.toThrow(PermanentError);
    await expect(failure).rejects.toThrow(
      'desc = Received message compressed with unsupported encoding "zstd"',
    );
  });

  it("waits for a server, within the timeout, when told to wait_for_ready", async () => {
    const down = await OtlpReceiver.start();
    const { port, endpoint } = down;
    await down.close();
    const section = { endpoint, wait_for_ready: true, retry_on_failure: { enabled: false } };
    const sending = (await exporter("traces", section)).consume(traces(1));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const up = await receiver({ port });
    await sending;
    expect(up.spans).toHaveLength(1);
    const impatient = await exporter("traces", {
      endpoint: "127.0.0.1:1",
      retry_on_failure: { enabled: false },
    });
    await expect(impatient.consume(traces(1))).rejects.toThrow("code = Unavailable");
  });

  it("takes a unix socket as its endpoint", async () => {
    const directory = mkdtempSync(join(tmpdir(), "otlp-grpc-"));
    const server = await receiver({ path: join(directory, "otel.sock") });
    const sink = await exporter("traces", { endpoint: `unix://${join(directory, "otel.sock")}` });
    await sink.consume(traces(2));
    expect(server.spans).toHaveLength(2);
    rmSync(directory, { recursive: true });
  });

  it.each(["CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"] as const)(
    "tries again after %s",
    async (code) => {
      const server = await receiver();
      server.script.push({ kind: "error", code: CODE[code] }, { kind: "error", code: CODE[code] });
      const logger = new LogRecorder();
      const sink = await exporter(
        "traces",
        { endpoint: server.endpoint, retry_on_failure: QUICK_RETRY },
        logger,
      );
      await sink.consume(traces(1));
      expect(server.received).toHaveLength(3);
      expect(logger.records.map(({ level, message }) => [level, message])).toEqual([
        ["info", "Exporting failed. Will retry the request after interval."],
        ["info", "Exporting failed. Will retry the request after interval."],
      ]);
    },
  );

  it.each(["gzip", "none"])(
    "gives lent memory back once the server has taken it, with %s",
    async (compression) => {
      const server = await receiver();
      server.script.push({ kind: "error", code: CODE.UNAVAILABLE });
      const sink = await exporter("traces", {
        endpoint: server.endpoint,
        compression,
        retry_on_failure: QUICK_RETRY,
      });
      const requestsAtRelease: number[] = [];
      const lease = { release: () => requestsAtRelease.push(server.received.length) };
      // In memory of its own, which a retry does not move it to.
      const chunks = [2, 3].map((count) => Uint8Array.from(traces(count).bytes()));
      await sink.consume(new Traces(chunks, 5, [lease]));
      expect(server.received.map(({ bytes }) => bytes.length)).toEqual(
        server.received.map(() => traces(2).byteLength + traces(3).byteLength),
      );
      expect(requestsAtRelease).toEqual([2]);
    },
  );

  it.each([
    ["UNKNOWN", "Unknown"],
    ["INVALID_ARGUMENT", "InvalidArgument"],
    ["NOT_FOUND", "NotFound"],
    ["ALREADY_EXISTS", "AlreadyExists"],
    ["PERMISSION_DENIED", "PermissionDenied"],
    ["RESOURCE_EXHAUSTED", "ResourceExhausted"],
    ["FAILED_PRECONDITION", "FailedPrecondition"],
    ["UNIMPLEMENTED", "Unimplemented"],
    ["INTERNAL", "Internal"],
    ["UNAUTHENTICATED", "Unauthenticated"],
  ] as const)("gives up at once after %s", async (code, name) => {
    const server = await receiver();
    server.script.push({ kind: "error", code: CODE[code], message: "bad" });
    const sink = await exporter("traces", { endpoint: server.endpoint, retry_on_failure: QUICK_RETRY });
    const failure = sink.consume(traces(1));
    await expect(failure).rejects.toThrow(PermanentError);
    await expect(failure).rejects.toThrow(
      `not retryable error: Permanent error: rpc error: code = ${name} desc = bad`,
    );
    expect(server.received).toHaveLength(1);
  });

  it("waits as long as the server's RetryInfo says", async () => {
    const server = await receiver();
    server.script.push({
      kind: "error",
      code: CODE.RESOURCE_EXHAUSTED,
      retryAfterMs: 300,
      message: "slow down",
    });
    const logger = new LogRecorder();
    const sink = await exporter(
      "traces",
      { endpoint: server.endpoint, retry_on_failure: QUICK_RETRY },
      logger,
    );
    const started = performance.now();
    await sink.consume(traces(1));
    expect(performance.now() - started).toBeGreaterThan(295);
    expect(server.received).toHaveLength(2);
    expect(logger.records[0]!.attributes).toEqual({
      error: "Throttle (300ms), error: rpc error: code = ResourceExhausted desc = slow down",
      interval: "300ms",
    });
  });

  it("logs what a partial success left out, and counts the request as sent", async () => {
    const server = await receiver();
    server.script.push(
      { kind: "partial", rejected: 2, message: "two too old" },
      { kind: "partial", rejected: 0, message: "" },
    );
    const logger = new LogRecorder();
    const sink = await exporter("metrics", { endpoint: server.endpoint }, logger);
    await sink.consume(metrics(5));
    await sink.consume(metrics(5));
    expect(logger.records).toEqual([
      {
        level: "warn",
        attributes: { message: "two too old", dropped_data_points: 2 },
        message: "Partial success response",
      },
    ]);
  });

  it("gives each attempt its timeout", async () => {
    const server = await receiver();
    server.script.push({ kind: "hang" });
    const retry_on_failure = { ...QUICK_RETRY, initial_interval: "1ms" };
    const sink = await exporter("traces", { endpoint: server.endpoint, timeout: "150ms", retry_on_failure });
    await sink.consume(traces(1));
    expect(server.received).toHaveLength(2);
  });

  it("reports how long it tried when the timeout keeps being hit", async () => {
    const server = await receiver();
    server.script.push({ kind: "hang" });
    const sink = await exporter("traces", {
      endpoint: server.endpoint,
      timeout: "100ms",
      retry_on_failure: { enabled: false },
    });
    await expect(sink.consume(traces(1))).rejects.toThrow("rpc error: code = DeadlineExceeded");
  });

  it("sends again what was in flight when the connection broke", async () => {
    const server = await receiver();
    server.script.push({ kind: "drop" });
    const sink = await exporter("traces", { endpoint: server.endpoint, retry_on_failure: QUICK_RETRY });
    await sink.consume(traces(7));
    expect(server.received).toHaveLength(2);
    expect(server.spans).toHaveLength(7);
  });

  it("delivers once a server that was down comes up", async () => {
    const down = await OtlpReceiver.start();
    await down.close();
    const retry_on_failure = { ...QUICK_RETRY, max_interval: "100ms", max_elapsed_time: "20s" };
    const sink = await exporter("traces", { endpoint: down.endpoint, retry_on_failure });
    const delivery = sink.consume(traces(4));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const up = await receiver({ port: down.port });
    await delivery;
    expect(up.spans).toHaveLength(4);
  });

  it("gives up when the next try would come after max_elapsed_time", async () => {
    const down = await OtlpReceiver.start();
    await down.close();
    const retry_on_failure = { initial_interval: "50ms", max_interval: "50ms", max_elapsed_time: "200ms" };
    const sink = await exporter("traces", { endpoint: down.endpoint, retry_on_failure });
    await expect(sink.consume(traces(1))).rejects.toThrow(
      "no more retries left: rpc error: code = Unavailable",
    );
  });
});

describe("otlp_grpc exporter with its queue", () => {
  const queued = (server: OtlpReceiver, queue: object = {}) => ({
    endpoint: server.endpoint,
    sending_queue: queue,
    retry_on_failure: QUICK_RETRY,
  });

  it("sends all that is queued before it is shut down", async () => {
    const server = await receiver();
    for (let i = 0; i < 5; i++) server.script.push({ kind: "delay", ms: 50 });
    const sink = (await exporter("traces", queued(server, { num_consumers: 1 }))) as QueuedExporter<"traces">;
    for (let i = 0; i < 5; i++) await sink.consume(traces(2));
    await sink.shutdown(never);
    expect(server.spans).toHaveLength(10);
    expect(sink.stats).toMatchObject({
      size: 0,
      inFlight: 0,
      sentItems: 10,
      failedItems: 0,
      rejectedItems: 0,
    });
    await sink.shutdown(never);
    await expect(sink.consume(traces(1))).rejects.toThrow("sending queue is stopped");
  });

  it("drops, logs and counts what it could not send by the shutdown deadline", async () => {
    const server = await receiver();
    for (let i = 0; i < 9; i++) server.script.push({ kind: "hang" });
    const logger = new LogRecorder();
    const section = queued(server, { num_consumers: 2 });
    const sink = (await exporter("traces", section, logger)) as QueuedExporter<"traces">;
    for (let i = 0; i < 4; i++) await sink.consume(traces(3));
    const started = performance.now();
    await sink.shutdown(AbortSignal.timeout(200));
    expect(performance.now() - started).toBeLessThan(2000);
    expect(sink.stats).toMatchObject({ size: 0, inFlight: 0, sentItems: 0, failedItems: 12 });
    const dropped = logger.records.filter(({ message }) => message === "Exporting failed. Dropping data.");
    expect(dropped.map(({ level, attributes }) => [level, attributes.dropped_items])).toEqual(
      Array.from({ length: 4 }, () => ["error", 3]),
    );
  });

  it("tries what waits for a retry one last time at shutdown, and drops it if that fails too", async () => {
    const server = await receiver();
    server.script.push({ kind: "error", code: CODE.UNAVAILABLE });
    const retry_on_failure = { initial_interval: "1h", max_interval: "1h", max_elapsed_time: "0s" };
    const section = { ...queued(server), retry_on_failure };
    const sink = (await exporter("traces", section)) as QueuedExporter<"traces">;
    await sink.consume(traces(1));
    await server.until(() => server.received.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50)); // Until the exporter has the answer and waits.
    await sink.shutdown(never);
    expect(sink.stats).toMatchObject({ sentItems: 1, failedItems: 0 });
  });

  it("shares one connection among its signals, until the last of them stops", async () => {
    const server = await receiver();
    const config = parseConfig(otlpGrpcExporterFactory.config, {
      endpoint: server.endpoint,
      tls: { insecure: true },
    });
    const all = [
      otlpGrpcExporterFactory.create(settings("otlp_grpc"), config, "traces"),
      otlpGrpcExporterFactory.create(settings("otlp_grpc"), config, "logs"),
    ] as const;
    for (const each of all) await each.start(new HostRecorder());
    await all[0].consume(traces(1));
    await all[0].shutdown(never);
    await all[1].consume(logs(1));
    await all[1].shutdown(never);
    expect(server.received.map(({ signal }) => signal)).toEqual(["traces", "logs"]);
  });

  it("leaves nothing behind that keeps the process alive", async () => {
    const server = await receiver();
    const factory = new URL("factory.ts", import.meta.url).href;
    const script = `
      import { parseConfig } from ${JSON.stringify(new URL("../../confmap/decode.ts", import.meta.url).href)};
      import { dataFromBytes } from ${JSON.stringify(new URL("../../pdata/index.ts", import.meta.url).href)};
      import { otlpGrpcExporterFactory as factory } from ${JSON.stringify(factory)};
      import { Counters } from ${JSON.stringify(new URL("../../service/telemetry/counters.ts", import.meta.url).href)};
      const log = () => {};
      const logger = { debug: log, info: log, warn: log, error: log };
      const buildInfo = { command: "wattspan", description: "", version: "0" };
      for (const endpoint of ["${server.endpoint}", "127.0.0.1:1"]) {
        const config = parseConfig(factory.config, { endpoint, tls: { insecure: true }, keepalive: {} });
        const exporter = factory.create({ id: "otlp", logger, buildInfo, counters: new Counters() }, config, "traces");
        await exporter.start({ reportStatus() {} });
        await exporter.consume(dataFromBytes("traces", Buffer.alloc(0)));
        await exporter.shutdown(AbortSignal.timeout(2000));
      }`;
    const arguments_ = ["--no-warnings", "--input-type=module", "-e", script];
    await promisify(execFile)(process.execPath, arguments_, { timeout: 8000 }); // Rejects when it has to be killed.
    expect(server.received).toHaveLength(1);
  }, 10_000);

  it("can be shut down without having been started", async () => {
    const config = parseConfig(otlpGrpcExporterFactory.config, { endpoint: "localhost:4317" });
    const idle = otlpGrpcExporterFactory.create(settings("otlp_grpc"), config, "traces");
    await idle.shutdown(never);
  });
});

describe("otlp_grpc exporter over TLS", () => {
  const directory = mkdtempSync(join(tmpdir(), "otlp-grpc-tls-"));
  const file = (name: string) => join(directory, name);
  let server: ServerTls;

  beforeAll(() => {
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
    const subject = [
      "-subj",
      "/CN=wattspan.test",
      "-addext",
      "subjectAltName=DNS:wattspan.test,IP:127.0.0.1",
    ];
    for (const name of ["server", "client"]) {
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
      openssl("req", "-x509", ...key, "-keyout", `${name}.key`, "-out", `${name}.crt`, ...subject);
    }
    server = { cert: readFileSync(file("server.crt")), key: readFileSync(file("server.key")) };
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const once = { retry_on_failure: { enabled: false } };

  it("trusts the authority it is told to trust, given as file or as PEM", async () => {
    const up = await receiver({ tls: server });
    for (const tls of [{ ca_file: file("server.crt") }, { ca_pem: server.cert.toString() }]) {
      await (await exporter("traces", { endpoint: `https://${up.endpoint}`, tls })).consume(traces(1));
    }
    expect(up.spans).toHaveLength(2);
  });

  it("uses TLS unless told otherwise, and refuses a certificate nobody vouches for", async () => {
    const up = await receiver({ tls: server });
    const sink = await exporter("traces", { endpoint: up.endpoint, tls: {}, ...once });
    await expect(sink.consume(traces(1))).rejects.toThrow(
      /code = Unavailable desc = .*(self.signed|certificate)/,
    );
    expect(up.received).toEqual([]);
  });

  it("shows the certificate that has taken the place of the one it began with", async () => {
    const up = await receiver({ tls: { ...server, clientCa: readFileSync(file("client.crt")) } });
    const use = (name: string) => {
      for (const end of ["crt", "key"]) copyFileSync(file(`${name}.${end}`), file(`now.${end}`));
    };
    use("server"); // Which the server does not accept of a client.
    const tls = { ca_file: file("server.crt"), cert_file: file("now.crt"), key_file: file("now.key") };
    const sink = await exporter("traces", {
      endpoint: up.endpoint,
      tls: { ...tls, reload_interval: "10ms" },
      retry_on_failure: QUICK_RETRY,
    });
    const sending = sink.consume(traces(1));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(up.received).toEqual([]);
    use("client");
    await sending;
    expect(up.spans).toHaveLength(1);
  });

  it("accepts any certificate when told to skip verification", async () => {
    const up = await receiver({ tls: server });
    const sink = await exporter("traces", { endpoint: up.endpoint, tls: { insecure_skip_verify: true } });
    await sink.consume(traces(1));
    expect(up.spans).toHaveLength(1);
  });

  it("checks the certificate against server_name_override", async () => {
    const up = await receiver({ tls: server });
    const tls = (server_name_override: string) => ({ ca_file: file("server.crt"), server_name_override });
    await (await exporter("traces", { endpoint: up.endpoint, tls: tls("wattspan.test") })).consume(traces(1));
    const wrong = await exporter("traces", { endpoint: up.endpoint, tls: tls("other.test"), ...once });
    await expect(wrong.consume(traces(1))).rejects.toThrow("other.test");
    expect(up.spans).toHaveLength(1);
  });

  it("presents its own certificate to a server that asks for one", async () => {
    const up = await receiver({ tls: { ...server, clientCa: readFileSync(file("client.crt")) } });
    const own = { cert_file: file("client.crt"), key_pem: readFileSync(file("client.key"), "utf8") };
    const ca_file = file("server.crt");
    await (await exporter("traces", { endpoint: up.endpoint, tls: { ca_file, ...own } })).consume(traces(1));
    const anonymous = await exporter("traces", { endpoint: up.endpoint, tls: { ca_file }, ...once });
    await expect(anonymous.consume(traces(1))).rejects.toThrow("code = Unavailable");
    expect(up.spans).toHaveLength(1);
  });

  it("does not start with files it cannot read", async () => {
    const starting = exporter("traces", { endpoint: "localhost:4317", tls: { ca_file: file("none.crt") } });
    await expect(starting).rejects.toThrow(
      `failed to load TLS config: failed to load CA CertPool File: failed to load cert ${file("none.crt")}: ENOENT`,
    );
  });
});

describe("otlp_grpc configuration", () => {
  it.each([
    [{}, 'requires a non-empty "endpoint"'],
    [{ endpoint: "localhost" }, "clientconfig: address localhost: missing port in address"],
    [
      { endpoint: "localhost:1", headers: { authorization: "Bearer hush\n" } },
      "clientconfig: headers[authorization] has a character that is not printable ASCII, such as a line's end",
    ],
    [
      { endpoint: "localhost:1", headers: { "api key": "hush" } },
      'clientconfig: headers has "api key", which is no header\'s name',
    ],
    [{ endpoint: "localhost:http" }, 'clientconfig: invalid port "http"'],
    [{ endpoint: "::1:4317" }, "too many colons in address"],
    [{ endpoint: "a:1", compression: "lz4" }, 'unsupported compression type "lz4"'],
    [{ endpoint: "a:1", tls: { min_version: "1.4" } }, "unsupported TLS version"],
    [{ endpoint: "a:1", tls: { cert_file: "x" } }, "must include both certificate and key"],
    [{ endpoint: "a:1", tls: { ca_file: "x", ca_pem: "y" } }, "but not both"],
    [{ endpoint: "a:1", sending_queue: { queue_size: 0 } }, "`queue_size` must be positive"],
    [{ endpoint: "a:1", sending_queue: { num_consumers: 0 } }, "`num_consumers` must be positive"],
    [
      { endpoint: "a:1", retry_on_failure: { initial_interval: "-1s" } },
      "must be greater than or equal to 0",
    ],
    [{ endpoint: "a:1", endpoit: "b:1" }, "endpoit"],
  ])("refuses %j", (section, message) => {
    expect(() => parseConfig(otlpGrpcExporterFactory.config, section)).toThrow(message);
  });

  it.each([
    "localhost:4317",
    "https://otel.example:443",
    "dns:///otel:4317",
    "unix:///run/otel.sock",
    "[::1]:4317",
  ])("accepts the endpoint %s", (endpoint) => {
    expect(parseConfig(otlpGrpcExporterFactory.config, { endpoint }).endpoint).toBe(endpoint);
  });

  it("has the Collector's defaults", () => {
    expect(parseConfig(otlpGrpcExporterFactory.config, { endpoint: "a:1" })).toMatchObject({
      compression: "gzip",
      timeoutMs: 5000,
      balancerName: "round_robin",
      retryOnFailure: {
        initialIntervalMs: 5000,
        randomizationFactor: 0.5,
        multiplier: 1.5,
        maxIntervalMs: 30_000,
        maxElapsedTimeMs: 300_000,
      },
      sendingQueue: {
        numConsumers: 10,
        queueSize: 1000,
        sizer: "requests",
        blockOnOverflow: false,
        waitForResult: false,
      },
    });
  });
});
