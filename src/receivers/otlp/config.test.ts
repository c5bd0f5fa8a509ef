import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { OtlpUnderTest } from "../../../test/support/otlp-under-test.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { otlpConfig } from "./config.ts";

const parse = (protocols: object | null) => parseConfig(otlpConfig, { protocols });

describe("otlp configuration", () => {
  it("has the Collector's defaults", () => {
    expect(parse({ grpc: null, http: null }).protocols).toEqual({
      grpc: {
        endpoint: "localhost:4317",
        transport: "tcp",
        dialer: { timeoutMs: 0 },
        tls: undefined,
        maxRecvMsgSizeMib: 0,
        maxConcurrentStreams: 0,
        keepalive: {
          serverParameters: {
            maxConnectionIdleMs: 0,
            maxConnectionAgeMs: 0,
            maxConnectionAgeGraceMs: 0,
            timeMs: 0,
            timeoutMs: 0,
          },
          enforcementPolicy: { minTimeMs: 0, permitWithoutStream: false },
        },
        auth: undefined,
        middlewares: [],
        includeMetadata: false,
        readBufferSize: 512 * 1024,
        writeBufferSize: 0,
      },
      http: {
        endpoint: "localhost:4318",
        transport: "tcp",
        dialer: { timeoutMs: 0 },
        tls: undefined,
        cors: undefined,
        auth: undefined,
        middlewares: [],
        maxRequestBodySize: 0,
        includeMetadata: false,
        responseHeaders: {},
        compressionAlgorithms: ["", "gzip", "zstd", "zlib", "snappy", "deflate", "lz4", "x-snappy-framed"],
        readTimeoutMs: 0,
        readHeaderTimeoutMs: 0,
        writeTimeoutMs: 0,
        idleTimeoutMs: 0,
        keepAlivesEnabled: true,
        keepalive: undefined,
        tracesUrlPath: "/v1/traces",
        metricsUrlPath: "/v1/metrics",
        logsUrlPath: "/v1/logs",
      },
    });
  });

  it("serves only the protocols that are named", () => {
    expect(parse({ grpc: null }).protocols).toMatchObject({ grpc: {}, http: undefined });
    expect(parse({ grpc: null, http: { enabled: false } }).protocols).toMatchObject({
      grpc: {},
      http: undefined,
    });
  });

  it.each([
    [null, "must specify at least one protocol when using the OTLP receiver"],
    [{}, "must specify at least one protocol when using the OTLP receiver"],
    [
      { grpc: { endpoit: "x" } },
      "'protocols.grpc' decoding failed due to the following error(s):\n\n'configgrpc.ServerConfig' has invalid keys: endpoit",
    ],
    [{ http: { endpoit: "x" } }, "'otlpreceiver.HTTPConfig' has invalid keys: endpoit"],
    [
      { grpc: { transport: "carrier pigeon" } },
      'protocols::grpc::netaddr: invalid transport type "carrier pigeon"',
    ],
    [
      { grpc: { read_buffer_size: -1 } },
      "protocols::grpc: read_buffer_size value must be greater than or equal to 0",
    ],
    [
      { grpc: { max_recv_msg_size_mib: -1 } },
      "invalid max_recv_msg_size_mib value, must be between 1 and 8796093022207: -1",
    ],
    [{ grpc: { tls: {} } }, "TLS configuration must include both certificate and key for server connections"],
    [{ http: { tls: { cert_file: "x" } } }, "TLS configuration must include both certificate and key"],
    [
      { http: { keepalive: {}, idle_timeout: "1s" } },
      "cannot use deprecated keepalive fields (idle_timeout, keep_alives_enabled)",
    ],
  ])("refuses protocols %j", (protocols, message) => {
    expect(() => parse(protocols)).toThrow(message);
  });
});

describe("an otlp receiver that cannot start", () => {
  it.each([
    [{ endpoint: "localhost" }, "listen tcp: address localhost: missing port in address"],
    [{ endpoint: "::1:4317" }, "listen tcp: address ::1:4317: too many colons in address"],
    [{ endpoint: "localhost:otlp" }, "listen tcp: lookup tcp/otlp: unknown port"],
    [{ endpoint: "localhost:70000" }, "listen tcp: address 70000: invalid port"],
    [{ endpoint: "192.0.2.1:0" }, "listen tcp 192.0.2.1:0: bind: cannot assign requested address"],
    [{ endpoint: "/none/such.sock", transport: "unix" }, "listen unix /none/such.sock: bind: "],
    [{ transport: "udp" }, "listen udp 127.0.0.1:0: address 127.0.0.1:0: unexpected address type"],
    [
      { auth: { authenticator: "basicauth" } },
      'failed to resolve authenticator "basicauth": authenticator not found',
    ],
    [{ middlewares: [{ id: "limiter" }] }, 'failed to resolve middleware "limiter": middleware not found'],
  ])("says of %j what Go says", async (section, message) => {
    for (const protocol of ["grpc", "http"]) {
      await expect(OtlpUnderTest.start({ [protocol]: section })).rejects.toThrow(message);
    }
  });

  it("gives back the port of gRPC when that of HTTP is in use", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    const inUse = `listen tcp 127.0.0.1:${port}: bind: address already in use`;
    const grpc = createServer();
    await new Promise<void>((resolve) => grpc.listen(0, "127.0.0.1", resolve));
    const free = (grpc.address() as { port: number }).port;
    await new Promise((resolve) => grpc.close(resolve));
    const protocols = { grpc: { endpoint: `127.0.0.1:${free}` }, http: { endpoint: `localhost:${port}` } };
    await expect(OtlpUnderTest.start(protocols)).rejects.toThrow(inUse);
    await new Promise((resolve) => other.close(resolve));
    await using otlp = await OtlpUnderTest.start(protocols);
    expect([otlp.grpc, otlp.http]).toEqual([`127.0.0.1:${free}`, `127.0.0.1:${port}`]);
    expect(otlp.logger.records.map(({ message }) => message)).toEqual([
      "Starting GRPC server",
      "Starting HTTP server",
    ]);
  });

  it("listens on every address when the host is left out", async () => {
    await using otlp = await OtlpUnderTest.start({
      grpc: { endpoint: ":0" },
      http: { endpoint: ":0", transport: "tcp4" },
    });
    expect(otlp.grpc).toMatch(/^\[::\]:\d+$/);
    expect(otlp.http).toMatch(/^0\.0\.0\.0:\d+$/);
  });
});
