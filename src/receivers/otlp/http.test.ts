import { readFileSync } from "node:fs";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { logs, metrics, traces } from "../../../test/support/data.ts";
import { type Answer, post, send } from "../../../test/support/http-post.ts";
import { OtlpUnderTest } from "../../../test/support/otlp-under-test.ts";
import { encodeLz4 } from "../../config/compression/lz4-encode.ts";
import { encodeFramedSnappy } from "../../config/compression/snappy-frames.ts";
import { StatusError } from "../../config/rpc-status/status.ts";
import { PermanentError } from "../../consumer/index.ts";
import { dataFromBytes, type Signal } from "../../pdata/index.ts";
import { encodeJson } from "../../pdata/json/encode.ts";

const data = { traces: traces(3), metrics: metrics(2), logs: logs(1) };
const request = (signal: Signal) => Buffer.from(data[signal].bytes());

const examples = new URL("../../pdata/testdata/", import.meta.url);

/** One literal, which is the plainest of blocks. */
function snappyBlock(bytes: Buffer): Buffer {
  const length = Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >>> 7]);
  const literal = Buffer.from([61 << 2, (bytes.length - 1) & 0xff, (bytes.length - 1) >>> 8]);
  return Buffer.concat([length, literal, bytes]);
}

/** An answer as the Collector's are compared: status, type and body. */
function shown({ status, headers, body }: Answer): [number, string | undefined, string] {
  return [status, headers["content-type"], body.toString("latin1")];
}

describe("OTLP over HTTP", () => {
  it.each(["traces", "metrics", "logs"] as const)("takes %s, byte for byte", async (signal) => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    expect(shown(await post(otlp.http, `/v1/${signal}`, request(signal)))).toEqual([
      200,
      "application/x-protobuf",
      "\n\0",
    ]);
    expect(otlp.taken.map((taken) => taken.signal)).toEqual([signal]);
    expect(otlp.bytes).toEqual([request(signal)]);
  });

  it.each(["traces", "metrics", "logs"] as const)("takes %s as JSON", async (signal) => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    const example = encodeJson(
      dataFromBytes(signal, readFileSync(new URL(`example-${signal}.bin`, examples))),
    );
    const headers = { "content-type": "application/json; charset=utf-8" };
    const answer = await post(otlp.http, `/v1/${signal}`, example, headers);
    expect(shown(answer)).toEqual([200, "application/json", '{"partialSuccess":{}}']);
    expect(encodeJson(otlp.taken[0]!.data)).toEqual(example);
  });

  it.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
    ["zlib", deflateSync],
    ["deflate", deflateSync],
    ["snappy", snappyBlock],
    ["x-snappy-framed", encodeFramedSnappy],
    ["lz4", encodeLz4],
  ] as const)("takes a body in %s", async (encoding, encode) => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    const body = encode(request("traces"));
    const answer = await post(otlp.http, "/v1/traces", body, { "content-encoding": encoding });
    expect(answer.status).toBe(200);
    expect(otlp.bytes).toEqual([request("traces")]);
  });

  it("answers an empty request without bothering the pipeline", async () => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    expect((await post(otlp.http, "/v1/traces", "")).status).toBe(200);
    const json = { "content-type": "application/json" };
    expect((await post(otlp.http, "/v1/traces", "{}", json)).status).toBe(200);
    expect(otlp.taken).toEqual([]);
  });

  it("serves the paths it is told to, and only those with a pipeline", async () => {
    await using otlp = await OtlpUnderTest.start({ http: { traces_url_path: "ingest/spans" } }, ["traces"]);
    const status = async (path: string) => (await post(otlp.http, path, request("traces"))).status;
    expect(await status("/ingest/spans?token=a")).toBe(200);
    expect(await status("/v1/traces")).toBe(404);
    const unknown = await post(otlp.http, "/v1/logs", request("logs"));
    expect(shown(unknown)).toEqual([404, "text/plain; charset=utf-8", "404 page not found\n"]);
  });

  it("sends those who write a path with too many slashes to the right one", async () => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    for (const path of ["//v1/traces?a=b", "/v1/./x/..//traces?a=b"]) {
      const { status, headers } = await post(otlp.http, path, request("traces"));
      expect([status, headers.location]).toEqual([307, "/v1/traces?a=b"]);
    }
  });

  it("has the Collector's words for what is no OTLP", async () => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    const get = await send(otlp.http, "/v1/traces", "", { method: "GET" });
    expect(shown(get)).toEqual([405, "text/plain", "405 method not allowed, supported: [POST]"]);
    const type = await post(otlp.http, "/v1/traces", "x", { "content-type": "text/plain" });
    const parameter = await post(otlp.http, "/v1/traces", "{}", { "content-type": "application/json; x" });
    expect(parameter.status).toBe(415);
    expect(shown(type)).toEqual([
      415,
      "text/plain",
      "415 unsupported media type, supported: [application/json, application/x-protobuf]",
    ]);
  });

  it.each([
    ["br", "x", "unsupported Content-Encoding: br"],
    ["identity", "x", "unsupported Content-Encoding: identity"],
    ["gzip", "not gzip, that is for sure", "gzip: invalid header"],
    ["gzip", gzipSync(request("traces")).subarray(0, 20), "unexpected EOF"],
    ["zlib", "not zlib", "zlib: invalid header"],
    ["zstd", "not zstd", "invalid input: magic number mismatch"],
    ["gzip", "", "EOF"],
    ["gzip", "ab", "unexpected EOF"],
    ["snappy", "\xff\xff\xff\xff\x0f", "snappy: decoded size exceeds max request body size"],
    ["lz4", "not lz4", "lz4: bad magic number"],
  ])("answers a body that is not %s with 400", async (encoding, body, message) => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    const headers = { "content-type": "application/json", "content-encoding": encoding };
    const bytes = typeof body === "string" ? Buffer.from(body, "latin1") : body;
    const answer = await post(otlp.http, "/v1/traces", bytes, headers);
    expect(shown(answer)).toEqual([400, "application/json", `{"code":3, "message":"${message}"}`]);
  });

  it("answers bytes that are not what they should be with 400, in their own encoding", async () => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    const protobuf = await post(otlp.http, "/v1/traces", "this is no protobuf");
    expect(protobuf).toMatchObject({ status: 400, headers: { "content-type": "application/x-protobuf" } });
    expect(protobuf.body.subarray(0, 3)).toEqual(Buffer.from([0x08, 0x03, 0x12]));
    const json = await post(otlp.http, "/v1/traces", "{", { "content-type": "application/json" });
    expect(json).toMatchObject({ status: 400, headers: { "content-type": "application/json" } });
    expect(JSON.parse(json.body.toString())).toMatchObject({ code: 3, message: /malformed JSON/ });
    expect(otlp.taken).toEqual([]);
  });

  it.each([
    [new Error("sending queue is full"), 503, 14],
    [new PermanentError("bad data"), 500, 13],
    [new StatusError({ code: 8, message: "slow down" }), 429, 8],
    [new StatusError({ code: 3, message: "bad" }), 400, 3],
    [new StatusError({ code: 16, message: "who?" }), 401, 16],
    [new StatusError({ code: 7, message: "no" }), 403, 7],
    [new StatusError({ code: 12, message: "what?" }), 404, 12],
    [new StatusError({ code: 4, message: "late" }), 503, 4],
    [new StatusError({ code: 6, message: "again" }), 500, 6],
  ])("answers %s of the pipeline with %i", async (error, status, code) => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    otlp.answer(() => Promise.reject(error));
    const body = encodeJson(data.logs);
    const answer = await post(otlp.http, "/v1/logs", body, { "content-type": "application/json" });
    const message = `{"code":${code}, "message":"${error.message}"}`;
    expect(shown(answer)).toEqual([status, "application/json", message]);
    expect(answer.headers["retry-after"]).toBeUndefined();
  });

  it("hands on when the server downstream wants to be asked again", async () => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    const slow = new StatusError({ code: 14, message: "slow", retryDelayMs: 13_500 });
    otlp.answer(() => Promise.reject(new Error("no more retries left", { cause: slow })));
    const body = encodeJson(data.logs);
    const answer = await post(otlp.http, "/v1/logs", body, { "content-type": "application/json" });
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "13" } });
    expect(JSON.parse(answer.body.toString())).toEqual({
      code: 14,
      message: "no more retries left",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "13.5s" }],
    });
  });

  it("takes bodies up to its limit, before and after decompression", async () => {
    await using otlp = await OtlpUnderTest.start({ http: { max_request_body_size: 1000 } });
    const small = Buffer.from(traces(10).bytes());
    expect(small.length).toBeLessThan(1000);
    expect((await post(otlp.http, "/v1/traces", small)).status).toBe(200);
    for (const body of [Buffer.alloc(1001), gzipSync(Buffer.alloc(1001)), gzipSync(Buffer.alloc(1 << 25))]) {
      const headers = body.length === 1001 ? {} : { "content-encoding": "gzip" };
      const json = { "content-type": "application/json", ...headers };
      const answer = await post(otlp.http, "/v1/traces", body, json);
      const message = '{"code":3, "message":"http: request body too large"}';
      expect(shown(answer)).toEqual([400, "application/json", message]);
    }
    expect(otlp.taken).toHaveLength(1);
  });

  it("takes only the encodings it is told to", async () => {
    await using otlp = await OtlpUnderTest.start({ http: { compression_algorithms: ["gzip"] } });
    const plain = await post(otlp.http, "/v1/traces", request("traces"));
    expect(plain.status).toBe(400);
    const gzip = { "content-encoding": "gzip" };
    expect((await post(otlp.http, "/v1/traces", gzipSync(request("traces")), gzip)).status).toBe(200);
  });

  it("answers when the pipeline has taken the data, and tells it when the client is gone", async () => {
    await using otlp = await OtlpUnderTest.start({ http: {} });
    const { promise: gone, resolve: leave } = Promise.withResolvers<unknown>();
    otlp.answer(({ context }) => {
      context!.signal!.addEventListener("abort", () => leave(context!.signal!.reason));
      return new Promise(() => {});
    });
    const options = {
      headers: { "content-type": "application/x-protobuf" },
      signal: AbortSignal.timeout(150),
    };
    await expect(send(otlp.http, "/v1/traces", request("traces"), options)).rejects.toThrow("aborted");
    expect(String(await gone)).toContain("context canceled");
  });

  it("says who sent the data, and more only when told to", async () => {
    for (const include_metadata of [false, true]) {
      await using otlp = await OtlpUnderTest.start({ http: { include_metadata } });
      await post(otlp.http, "/v1/traces", request("traces"), { "X-Tenant": "a" });
      const { client, transport } = otlp.taken[0]!.context!;
      expect({ address: client!.address, transport }).toEqual({ address: "127.0.0.1", transport: "http" });
      expect(client!.metadata.get("x-tenant")).toEqual(include_metadata ? ["a"] : undefined);
      expect(client!.metadata.get("host")).toEqual(include_metadata ? [otlp.http] : undefined);
    }
  });

  it("adds the headers it is told to, to every answer", async () => {
    const response_headers = { "Strict-Transport-Security": "max-age=1" };
    await using otlp = await OtlpUnderTest.start({ http: { response_headers } });
    for (const path of ["/v1/traces", "/none"]) {
      const { headers } = await post(otlp.http, path, request("traces"));
      expect(headers["strict-transport-security"]).toBe("max-age=1");
    }
  });

  it("keeps connections open, or not", async () => {
    const keepAlive = { headers: { "content-type": "application/x-protobuf", connection: "keep-alive" } };
    const connection = async (http: object) => {
      await using otlp = await OtlpUnderTest.start({ http });
      return (await send(otlp.http, "/v1/traces", request("traces"), keepAlive)).headers.connection;
    };
    expect(await connection({})).toBe("keep-alive");
    expect(await connection({ keep_alives_enabled: false })).toBe("close");
    expect(await connection({ keepalive: { enabled: false } })).toBe("close");
  });
});
