import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogRecorder, settings } from "../../../test/support/component.ts";
import { logs } from "../../../test/support/data.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { type ClientInfo, type Consumer, type Context, PermanentError } from "../../consumer/index.ts";
import { Logs } from "../../pdata/index.ts";
import { fanOut } from "../../service/fanout.ts";
import type { Counters } from "../../service/telemetry/counters.ts";
import { batchConfig } from "./config.ts";
import { BatchProcessor } from "./processor.ts";

/** Keeps what it is offered; each call waits for `answer`. */
class Downstream implements Consumer<"logs"> {
  readonly capabilities = { mutatesData: false };
  readonly batches: number[] = [];
  readonly contexts: Context[] = [];
  answer: (data: Logs) => Promise<void> = async () => {};

  async consume(data: Logs, context: Context = {}): Promise<void> {
    this.batches.push(data.itemCount);
    this.contexts.push(context);
    await this.answer(data);
  }
}

let next: Downstream;
let logger: LogRecorder;
let counters: Counters;
function batch(section: unknown = null, to: Consumer<"logs"> = next): BatchProcessor<"logs"> {
  logger = new LogRecorder();
  const given = settings("batch", logger);
  counters = given.counters as Counters;
  return new BatchProcessor(given, parseConfig(batchConfig, section), to);
}
const metric = (name: string): number | undefined =>
  counters.snapshot()[`otelcol_processor_batch_${name}{processor="batch"}`];
const never = new AbortController().signal;
const client = (tenant?: string): Context => ({
  client: { metadata: new Map(tenant === undefined ? [] : [["x-tenant", [tenant]]]) } satisfies ClientInfo,
});
/** What a promise has come to by now. */
async function outcome(promise: Promise<void>): Promise<string> {
  let state = "pending";
  promise.then(
    () => (state = "taken"),
    (error: Error) => (state = error.message),
  );
  await vi.advanceTimersByTimeAsync(0);
  return state;
}
const refuse = (error: Error) => async () => {
  throw error;
};

beforeEach(() => {
  vi.useFakeTimers();
  next = new Downstream();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("batch", () => {
  it("accepts at once and joins what comes within the timeout", async () => {
    const processor = batch();
    await processor.consume(logs(2));
    await processor.consume(logs(3));
    await vi.advanceTimersByTimeAsync(199);
    expect(next.batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(next.batches).toEqual([5]);
    expect(metric("timeout_trigger_send")).toBe(1);
  });

  it("sends a full batch without waiting", async () => {
    await batch({ send_batch_size: 4 }).consume(logs(5));
    expect(next.batches).toEqual([5]);
    expect(metric("batch_size_trigger_send")).toBe(1);
  });

  it("sends at once with a timeout or a size of 0", async () => {
    await batch({ timeout: "0s" }).consume(logs(1));
    await batch({ send_batch_size: 0 }).consume(logs(1));
    expect(next.batches).toEqual([1, 1]);
  });

  it("cuts batches of exactly the maximum, and lets the rest wait", async () => {
    const processor = batch({ send_batch_size: 5, send_batch_max_size: 5 });
    for (const count of [3, 3, 12]) await processor.consume(logs(count));
    await vi.advanceTimersByTimeAsync(199);
    expect(next.batches).toEqual([5, 5, 5]);
    await vi.advanceTimersByTimeAsync(1);
    expect(next.batches).toEqual([5, 5, 5, 3]);
  });

  it("has one batch under way at a time and joins what comes meanwhile", async () => {
    const processor = batch({ send_batch_size: 2 });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    next.answer = () => gate;
    for (const count of [1, 1, 1, 1, 1]) await processor.consume(logs(count));
    await vi.advanceTimersByTimeAsync(1000);
    expect(next.batches).toEqual([2]);
    open();
    await vi.advanceTimersByTimeAsync(0);
    expect(next.batches).toEqual([2, 3]);
  });

  it("waits for room while downstream is slow, first come first served, as long as the sender does", async () => {
    const processor = batch({ send_batch_size: 10_000 });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    next.answer = () => gate;
    await processor.consume(logs(10_000));
    await processor.consume(logs(9_999));
    const impatient = new AbortController();
    const gone = processor.consume(logs(2), { signal: impatient.signal });
    const waiting = processor.consume(logs(10_001));
    expect(await outcome(gone)).toBe("pending");
    impatient.abort(new Error("changed my mind"));
    expect(await outcome(gone)).toBe("changed my mind");
    expect(await outcome(waiting)).toBe("pending");
    open();
    await waiting;
    await vi.advanceTimersByTimeAsync(200);
    expect(next.batches).toEqual([10_000, 20_000]);
  });

  it("keeps what downstream refuses for now, and offers it again in order", async () => {
    const processor = batch({ send_batch_size: 2 });
    next.answer = refuse(new Error("sending queue is full"));
    await processor.consume(logs(2));
    await processor.consume(logs(3));
    await vi.advanceTimersByTimeAsync(100 + 200 + 400);
    expect(next.batches).toEqual([2, 2, 2, 2]);
    next.answer = async () => {};
    await vi.advanceTimersByTimeAsync(800);
    expect(next.batches).toEqual([2, 2, 2, 2, 2, 3]);
    expect(metric("dropped_items")).toBe(0);
    expect(logger.records).toEqual([
      {
        level: "warn",
        attributes: { error: "sending queue is full" },
        message: "Sender refused a batch. It is kept and tried again.",
      },
    ]);
  });

  it("passes the refusal on, without waiting, when it has no room left for what downstream refuses", async () => {
    const processor = batch({ send_batch_size: 8192 });
    next.answer = refuse(new Error("sending queue is full"));
    await processor.consume(logs(8192));
    await processor.consume(logs(8192));
    expect(await outcome(processor.consume(logs(1)))).toBe("sending queue is full");
    next.answer = async () => {};
    await vi.advanceTimersByTimeAsync(100);
    await processor.consume(logs(1));
    await processor.shutdown(never);
    expect(next.batches).toEqual([8192, 8192, 8192, 1]);
  });

  it("counts and logs what downstream refuses for good, and goes on", async () => {
    const processor = batch({ send_batch_size: 2 });
    next.answer = refuse(new PermanentError("bad data"));
    await processor.consume(logs(2));
    await vi.advanceTimersByTimeAsync(0);
    next.answer = async () => {};
    await processor.consume(logs(3));
    expect(next.batches).toEqual([2, 3]);
    expect(metric("dropped_items")).toBe(2);
    expect(logger.records).toEqual([
      { level: "error", attributes: { error: "bad data", dropped_items: 2 }, message: "Sender failed" },
    ]);
  });

  it("does not hold up an exporter that takes its data for one that does not", async () => {
    const dead = new Downstream();
    dead.answer = refuse(new Error("sending queue is full"));
    const processor = batch({ send_batch_size: 8192 }, fanOut([dead, next]));
    for (let piece = 0; piece < 5; piece++) {
      await processor.consume(logs(8192));
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(next.batches).toEqual([8192, 8192, 8192, 8192, 8192]);
    expect(metric("dropped_items")).toBe(3 * 8192); // Of the dead one's, what there was no room for.
    dead.answer = async () => {};
    dead.batches.splice(0);
    await processor.shutdown(never);
    expect(dead.batches).toEqual([8192, 8192]);
    expect(next.batches).toHaveLength(5);
  });

  it("keeps clients apart by metadata_keys, and hands on no more of them than those", async () => {
    const processor = batch({ metadata_keys: ["X-Tenant"], metadata_cardinality_limit: 3 });
    for (const tenant of ["a", "b", "a", undefined]) await processor.consume(logs(1), client(tenant));
    await expect(processor.consume(logs(1), client("c"))).rejects.toThrow(
      new PermanentError("too many batcher metadata-value combinations"),
    );
    await vi.advanceTimersByTimeAsync(200);
    expect(next.batches).toEqual([2, 1, 1]);
    const tenants = next.contexts.map((context) => context.client?.metadata.get("x-tenant"));
    expect(tenants).toEqual([["a"], ["b"], undefined]);
    expect(metric("metadata_cardinality")).toBe(3);
    const plain = batch({ timeout: "0s" });
    await plain.consume(logs(1), client("a"));
    expect(next.contexts.at(-1)?.client).toBeUndefined();
  });

  it("sends what waits when it shuts down, and takes nothing afterwards", async () => {
    const processor = batch();
    await processor.consume(logs(2));
    await processor.shutdown(never);
    await processor.shutdown(never);
    expect(next.batches).toEqual([2]);
    await expect(processor.consume(logs(1))).rejects.toThrow("batch processor is shut down");
  });

  it("goes on trying until the shutdown deadline; what was not taken by then is counted and logged", async () => {
    const processor = batch({ send_batch_size: 2 });
    next.answer = refuse(new Error("busy"));
    await processor.consume(logs(2));
    await processor.consume(logs(3));
    const deadline = new AbortController();
    const done = processor.shutdown(deadline.signal);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await outcome(done)).toBe("pending");
    deadline.abort(new Error("too late"));
    await done;
    expect(metric("dropped_items")).toBe(5);
  });

  it("does not wait past the deadline for a downstream that hangs", async () => {
    const processor = batch({ send_batch_size: 2 });
    next.answer = () => new Promise(() => {});
    await processor.consume(logs(2));
    const deadline = new AbortController();
    const done = processor.shutdown(deadline.signal);
    deadline.abort(new Error("too late"));
    await done;
    expect(next.contexts[0]?.signal?.aborted).toBe(true);
    expect(metric("dropped_items")).toBe(2);
  });

  it("refuses bytes that are not OTLP without harm to the data of others", async () => {
    const processor = batch();
    await processor.consume(logs(1));
    await expect(processor.consume(Logs.fromBytes(Uint8Array.of(0x0a, 0xff)))).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(200);
    expect(next.batches).toEqual([1]);
  });

  it.each([
    [
      { send_batch_size: 10, send_batch_max_size: 5 },
      "send_batch_max_size must be greater or equal to send_batch_size",
    ],
    [{ timeout: "-1s" }, "timeout must be greater or equal to 0"],
    [{ metadata_keys: ["a", "A"] }, 'duplicate entry in metadata_keys: "a" (case-insensitive)'],
  ])("does not accept %j", (section, message) => {
    expect(() => parseConfig(batchConfig, section)).toThrow(message);
  });
});
