import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { logs } from "../../../test/support/data.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { type Consumer, type Context, PermanentError } from "../../consumer/index.ts";
import { Logs } from "../../pdata/index.ts";
import { batchConfig } from "./config.ts";
import { BatchProcessor } from "./processor.ts";

/** Keeps what it takes; each call waits for `answer`. */
class Downstream implements Consumer<"logs"> {
  readonly capabilities = { mutatesData: false };
  readonly batches: number[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  answer: (data: Logs) => Promise<void> = async () => {};

  async consume(data: Logs, { signal }: Context = {}): Promise<void> {
    this.batches.push(data.itemCount);
    this.signals.push(signal);
    await this.answer(data);
  }
}

let next: Downstream;
const batch = (section: unknown = null) =>
  new BatchProcessor(parseConfig(batchConfig, section), "logs", next);
const never = new AbortController().signal;
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

beforeEach(() => {
  vi.useFakeTimers();
  next = new Downstream();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("batch", () => {
  it("joins what comes within the timeout and resolves when the batch was taken", async () => {
    const processor = batch();
    const sent = [processor.consume(logs(2)), processor.consume(logs(3))];
    await vi.advanceTimersByTimeAsync(199);
    expect(next.batches).toEqual([]);
    expect(await outcome(sent[0]!)).toBe("pending");
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all(sent);
    expect(next.batches).toEqual([5]);
  });

  it("sends a full batch without waiting", async () => {
    await batch({ send_batch_size: 4 }).consume(logs(4));
    expect(next.batches).toEqual([4]);
  });

  it("sends at once with a timeout or a size of 0", async () => {
    await batch({ timeout: "0s" }).consume(logs(1));
    await batch({ send_batch_size: 0 }).consume(logs(1));
    expect(next.batches).toEqual([1, 1]);
  });

  it("does not cut pieces to fill a batch, and splits one that is too large on its own", async () => {
    const processor = batch({ send_batch_size: 5, send_batch_max_size: 5 });
    const sent = [3, 3, 12].map((count) => processor.consume(logs(count)));
    await vi.advanceTimersByTimeAsync(200);
    await Promise.all(sent);
    expect(next.batches).toEqual([3, 3, 5, 5, 2]);
  });

  it("gives a refusal to everyone whose data was in the batch, as it came, and to nobody else", async () => {
    const processor = batch({ send_batch_size: 4 });
    const refusal = new PermanentError("bad data");
    next.answer = async () => {
      if (next.batches.length === 1) throw refusal;
    };
    const [first, second] = [processor.consume(logs(2)), processor.consume(logs(2))];
    const third = processor.consume(logs(4));
    await expect(first).rejects.toBe(refusal);
    await expect(second).rejects.toBe(refusal);
    await third;
    expect(next.batches).toEqual([4, 4]);
  });

  it("has one batch under way at a time and joins what comes meanwhile", async () => {
    const processor = batch({ send_batch_size: 2 });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    next.answer = () => gate;
    const sent = [1, 1, 1, 1, 1].map((count) => processor.consume(logs(count)));
    await vi.advanceTimersByTimeAsync(1000);
    expect(next.batches).toEqual([2]);
    open();
    await Promise.all(sent);
    expect(next.batches).toEqual([2, 2, 1]);
  });

  it("does not forget what came behind a full batch while another was under way", async () => {
    const processor = batch({ send_batch_size: 4 });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    next.answer = () => gate;
    const sent = [4, 4, 1].map((count) => processor.consume(logs(count)));
    open();
    await Promise.all(sent.slice(0, 2));
    expect(await outcome(sent[2]!)).toBe("pending");
    await vi.advanceTimersByTimeAsync(200);
    await sent[2];
    expect(next.batches).toEqual([4, 4, 1]);
  });

  it("takes data the moment a batch has been finished", async () => {
    const processor = batch({ send_batch_size: 1 });
    let again: Promise<void> | undefined;
    await processor.consume(logs(1)).then(() => {
      again = processor.consume(logs(1));
    });
    await again;
    expect(next.batches).toEqual([1, 1]);
  });

  it("sends what waits when it shuts down, and takes nothing afterwards", async () => {
    const processor = batch();
    const sent = processor.consume(logs(2));
    await processor.shutdown(never);
    await processor.shutdown(never);
    await sent;
    expect(next.batches).toEqual([2]);
    await expect(processor.consume(logs(1))).rejects.toThrow("batch processor is shut down");
  });

  it("gives up at the shutdown deadline: what was not taken is refused", async () => {
    const processor = batch({ send_batch_size: 2 });
    next.answer = () => new Promise(() => {});
    const sent = [processor.consume(logs(2)), processor.consume(logs(2))];
    const settled = Promise.allSettled(sent);
    const deadline = new AbortController();
    const done = processor.shutdown(deadline.signal);
    expect(await outcome(done)).toBe("pending");
    deadline.abort(new Error("too late"));
    await done;
    expect(await settled).toMatchObject([
      { reason: { message: "too late" } },
      { reason: { message: "too late" } },
    ]);
    expect(next.signals[0]?.aborted).toBe(true);
    expect(next.batches).toEqual([2]);
  });

  it("gives data back to a sender who gives up, unless it is under way", async () => {
    const processor = batch();
    const sender = new AbortController();
    const mine = processor.consume(logs(2), { signal: sender.signal });
    const theirs = processor.consume(logs(3));
    sender.abort(new Error("changed my mind"));
    await expect(mine).rejects.toThrow("changed my mind");
    await vi.advanceTimersByTimeAsync(200);
    await theirs;
    expect(next.batches).toEqual([3]);
  });

  it("refuses bytes that are not OTLP without harm to the data of others", async () => {
    const processor = batch();
    const good = processor.consume(logs(1));
    await expect(processor.consume(Logs.fromBytes(Uint8Array.of(0x0a, 0xff)))).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(200);
    await good;
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
