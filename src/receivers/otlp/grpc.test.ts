import { compressionAlgorithms, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { logs, metrics, traces } from "../../../test/support/data.ts";
import { GrpcCaller, METHODS } from "../../../test/support/grpc-call.ts";
import { OtlpUnderTest } from "../../../test/support/otlp-under-test.ts";
import { StatusError } from "../../config/rpc-status/status.ts";
import { PermanentError } from "../../consumer/index.ts";
import type { Signal } from "../../pdata/index.ts";

const requests = { traces: traces(3), metrics: metrics(2), logs: logs(1) };
const request = (signal: Signal) => Buffer.from(requests[signal].bytes());

describe("OTLP over gRPC", () => {
  it.each(["traces", "metrics", "logs"] as const)("takes %s, byte for byte", async (signal) => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    using caller = new GrpcCaller(otlp.grpc);
    const { code, response } = await caller.call(METHODS[signal], request(signal));
    expect({ code, response }).toEqual({ code: status.OK, response: Buffer.from([0x0a, 0x00]) });
    expect(otlp.taken.map((taken) => taken.signal)).toEqual([signal]);
    expect(otlp.bytes).toEqual([request(signal)]);
  });

  it("takes gzip", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    using caller = new GrpcCaller(otlp.grpc, undefined, {
      "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
    });
    expect((await caller.call(METHODS.traces, request("traces"))).code).toBe(status.OK);
    expect(otlp.bytes).toEqual([request("traces")]);
  });

  it("answers an empty request without bothering the pipeline", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    using caller = new GrpcCaller(otlp.grpc);
    expect((await caller.call(METHODS.traces, Buffer.alloc(0))).code).toBe(status.OK);
    expect(otlp.taken).toEqual([]);
  });

  it.each([
    [new Error("sending queue is full"), status.UNAVAILABLE],
    [new PermanentError("bad data"), status.INTERNAL],
    [new StatusError({ code: status.PERMISSION_DENIED, message: "no" }), status.PERMISSION_DENIED],
    [
      new PermanentError("rpc error", {
        cause: Object.assign(new Error("x"), { code: status.UNAUTHENTICATED, details: "who?" }),
      }),
      status.UNAUTHENTICATED,
    ],
  ])("answers %s of the pipeline with code %i", async (error, code) => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    otlp.answer(() => Promise.reject(error));
    using caller = new GrpcCaller(otlp.grpc);
    const outcome = await caller.call(METHODS.logs, request("logs"));
    expect(outcome).toMatchObject({ code, details: error.message });
    expect(outcome.trailers.get("grpc-status-details-bin")).toEqual([]);
  });

  it("hands on when the server downstream wants to be asked again", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    otlp.answer(() =>
      Promise.reject(
        new StatusError({ code: status.RESOURCE_EXHAUSTED, message: "slow", retryDelayMs: 13_500 }),
      ),
    );
    using caller = new GrpcCaller(otlp.grpc);
    const { code, trailers } = await caller.call(METHODS.logs, request("logs"));
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    const [details] = trailers.get("grpc-status-details-bin");
    expect(Buffer.from(details as Buffer).toString("latin1")).toContain("google.rpc.RetryInfo");
  });

  it.each([
    [
      "/opentelemetry.proto.collector.trace.v1.TraceService/Import",
      "unknown method Import for service opentelemetry.proto.collector.trace.v1.TraceService",
    ],
    ["/some.Service/Export", "unknown service some.Service"],
    [METHODS.metrics, "unknown service opentelemetry.proto.collector.metrics.v1.MetricsService"],
  ])("does not know %s where only traces have a pipeline", async (path, details) => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} }, ["traces"]);
    using caller = new GrpcCaller(otlp.grpc);
    expect(await caller.call(path, request("traces"))).toMatchObject({ code: status.UNIMPLEMENTED, details });
  });

  it("refuses bytes that are not protobuf, for good", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    using caller = new GrpcCaller(otlp.grpc);
    const outcome = await caller.call(METHODS.traces, Buffer.from("this is no protobuf"));
    expect(outcome.code).toBe(status.INVALID_ARGUMENT);
    expect(outcome.details).toMatch(/malformed protobuf/);
    expect(otlp.taken).toEqual([]);
  });

  it("refuses a message over its limit before it has come", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: { max_recv_msg_size_mib: 1 } });
    using caller = new GrpcCaller(otlp.grpc);
    const outcome = await caller.call(METHODS.traces, Buffer.alloc(5 << 20));
    expect(outcome).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: "grpc: received message larger than max (5242880 vs. 1048576)",
    });
  });

  it("takes messages up to its limit", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: { max_recv_msg_size_mib: 8 } });
    using caller = new GrpcCaller(otlp.grpc, undefined, { "grpc.max_send_message_length": -1 });
    const large = traces(400_000);
    expect(large.byteLength).toBeGreaterThan(5 << 20);
    expect((await caller.call(METHODS.traces, Buffer.from(large.bytes()))).code).toBe(status.OK);
    expect(otlp.taken[0]!.data.itemCount).toBe(400_000);
  });

  it("does not inflate more than its limit", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: { max_recv_msg_size_mib: 1 } });
    using caller = new GrpcCaller(otlp.grpc, undefined, {
      "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
      "grpc.max_send_message_length": -1,
    });
    const outcome = await caller.call(METHODS.traces, Buffer.alloc(32 << 20));
    expect(outcome).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: "grpc: received message after decompression larger than max 1048576",
    });
  });

  it("answers when the pipeline has taken the data, not before", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    const { promise: taking, resolve: take } = Promise.withResolvers<void>();
    otlp.answer(() => taking);
    using caller = new GrpcCaller(otlp.grpc);
    let answered = false;
    const calling = caller.call(METHODS.traces, request("traces")).then((outcome) => {
      answered = true;
      return outcome;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    take();
    expect((await calling).code).toBe(status.OK);
  });

  it("tells the pipeline when the client has stopped waiting", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    const { promise: gone, resolve } = Promise.withResolvers<unknown>();
    otlp.answer(({ context }) => {
      context!.signal!.addEventListener("abort", () => resolve(context!.signal!.reason));
      return new Promise(() => {});
    });
    using caller = new GrpcCaller(otlp.grpc);
    const outcome = await caller.call(METHODS.traces, request("traces"), {
      call: { deadline: Date.now() + 200 },
    });
    expect(outcome.code).toBe(status.DEADLINE_EXCEEDED);
    expect(String(await gone)).toMatch(/context (deadline exceeded|canceled)/);
  });

  it("says who sent the data, and more only when told to", async () => {
    const metadata = { "x-tenant": "a", "trace-bin": "x" };
    for (const include_metadata of [false, true]) {
      await using otlp = await OtlpUnderTest.start({ grpc: { include_metadata } });
      using caller = new GrpcCaller(otlp.grpc);
      await caller.call(METHODS.traces, request("traces"), {
        metadata: { "x-tenant": metadata["x-tenant"] },
      });
      const { client, transport } = otlp.taken[0]!.context!;
      expect({ address: client!.address, transport }).toEqual({ address: "127.0.0.1", transport: "grpc" });
      expect(client!.metadata.get("x-tenant")).toEqual(include_metadata ? ["a"] : undefined);
      expect(client!.metadata.get("host")).toEqual(include_metadata ? [otlp.grpc] : undefined);
      expect(client!.metadata.has("te")).toBe(false);
    }
  });

  it("serves many calls at once on one connection", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    using caller = new GrpcCaller(otlp.grpc);
    const outcomes = await Promise.all(
      Array.from({ length: 500 }, () => caller.call(METHODS.logs, request("logs"))),
    );
    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set([status.OK]));
    expect(otlp.taken).toHaveLength(500);
  });

  it("lets calls that have begun end when it stops, and takes no more", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: taking, resolve: take } = Promise.withResolvers<void>();
    otlp.answer(() => {
      begin();
      return taking;
    });
    using caller = new GrpcCaller(otlp.grpc);
    const calling = caller.call(METHODS.traces, request("traces"));
    await begun;
    const stopping = otlp.stop();
    take();
    expect((await calling).code).toBe(status.OK);
    await stopping;
    expect((await caller.call(METHODS.traces, request("traces"))).code).toBe(status.UNAVAILABLE);
  });

  it("does not wait longer than it may when it stops", async () => {
    await using otlp = await OtlpUnderTest.start({ grpc: {} });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    otlp.answer(() => {
      begin();
      return new Promise(() => {});
    });
    using caller = new GrpcCaller(otlp.grpc);
    const calling = caller.call(METHODS.traces, request("traces"));
    await begun;
    await otlp.stop(AbortSignal.timeout(50));
    expect((await calling).code).not.toBe(status.OK);
  });
});
