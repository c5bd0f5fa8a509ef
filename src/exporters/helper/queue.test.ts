import { describe, expect, it } from "vitest";
import { LogRecorder } from "../../../test/support/component.ts";
import { traces } from "../../../test/support/data.ts";
import { noQueueMetrics } from "../../../test/support/queue-metrics.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { type Consumer, type Context, PermanentError } from "../../consumer/index.ts";
import { Slabs, Traces } from "../../pdata/index.ts";
import { queueConfig } from "./config.ts";
import { SendingQueue } from "./queue.ts";

const never = new AbortController().signal;

/** A destination that holds what it gets until the test lets it go. */
class Gate implements Consumer<"traces"> {
  readonly capabilities = { mutatesData: false };
  readonly held: { readonly data: Traces; readonly release: (error?: Error) => void }[] = [];

  consume(data: Traces, { signal }: Context = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
      this.held.push({ data, release: (error) => (error ? reject(error) : resolve()) });
    });
  }
}

function queueTo(
  next: Consumer<"traces">,
  section: object,
  logger: LogRecorder = new LogRecorder(),
): SendingQueue<"traces"> {
  return new SendingQueue(parseConfig(queueConfig, section), logger, noQueueMetrics, next);
}

/** Lets promises that are ready run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("sending queue", () => {
  it("takes data at once and sends it with num_consumers at a time, in order", async () => {
    const gate = new Gate();
    const queue = queueTo(gate, { num_consumers: 2 });
    for (const count of [1, 2, 3, 4]) await queue.consume(traces(count));
    expect(gate.held.map(({ data }) => data.itemCount)).toEqual([1, 2]);
    gate.held[0]!.release();
    await settle();
    expect(gate.held.map(({ data }) => data.itemCount)).toEqual([1, 2, 3]);
    expect(queue.stats).toMatchObject({ size: 3, inFlight: 2, sentItems: 1 });
  });

  it.each([{}, { batch: { min_size: 1 } }])(
    "keeps no slab of a receiver for data that has to wait, with %j",
    async (section) => {
      const queue = queueTo(new Gate(), { num_consumers: 1, ...section });
      const slabs = new Slabs();
      const all = [1, 2, 3, 4].map((count) => {
        const { bytes, lease } = slabs.lend(traces(count).bytes());
        return new Traces([bytes], count, [lease]);
      });
      for (const data of all) await queue.consume(data);
      const behind = all.map(({ chunks }) => chunks[0]!.buffer.byteLength > 100_000);
      expect(behind.at(0)).toBe(true); // It is being sent.
      expect(behind.at(-1)).toBe(false);
      expect(behind.at(-2)).toBe(false);
    },
  );

  it("counts what is being sent towards its size, and refuses what does not fit", async () => {
    const gate = new Gate();
    const logger = new LogRecorder();
    const queue = queueTo(gate, { queue_size: 1 }, logger);
    await queue.consume(traces(5));
    await expect(queue.consume(traces(7))).rejects.toThrow("sending queue is full");
    expect(queue.stats).toMatchObject({ size: 1, capacity: 1, rejectedItems: 7 });
    expect(logger.records).toEqual([
      {
        level: "error",
        attributes: { error: "sending queue is full", rejected_items: 7 },
        message: "Exporting failed. Rejecting data.",
      },
    ]);
    gate.held[0]!.release();
    await settle();
    await queue.consume(traces(1));
  });

  it.each([
    ["requests", 1],
    ["items", 9],
    ["bytes", traces(9).byteLength],
  ])("measures its size in %s", async (sizer, size) => {
    const queue = queueTo(new Gate(), { sizer, queue_size: size * 2 });
    await queue.consume(traces(9));
    expect(queue.stats.size).toBe(size);
    await queue.consume(traces(9));
    await expect(queue.consume(traces(9))).rejects.toThrow("sending queue is full");
  });

  it("makes producers wait for room with block_on_overflow, first come first served", async () => {
    const gate = new Gate();
    const queue = queueTo(gate, { sizer: "items", queue_size: 10, block_on_overflow: true });
    await queue.consume(traces(8));
    const order: string[] = [];
    const large = queue.consume(traces(9)).then(() => order.push("large"));
    const small = queue.consume(traces(1)).then(() => order.push("small"));
    await settle();
    expect(order).toEqual([]);
    gate.held[0]!.release();
    await Promise.all([large, small]);
    expect(order).toEqual(["large", "small"]);
    expect(queue.stats.size).toBe(10);
  });

  it("refuses for good what is larger than the whole queue", async () => {
    const queue = queueTo(new Gate(), { sizer: "items", queue_size: 10, block_on_overflow: true });
    const failure = queue.consume(traces(11));
    await expect(failure).rejects.toThrow(PermanentError);
    await expect(failure).rejects.toThrow("element size too large");
  });

  it("lets a producer stop waiting, and those behind it go on", async () => {
    const gate = new Gate();
    const queue = queueTo(gate, { sizer: "items", queue_size: 10, block_on_overflow: true });
    await queue.consume(traces(8));
    const abort = new AbortController();
    const large = queue.consume(traces(9), { signal: abort.signal });
    const small = queue.consume(traces(2));
    abort.abort(new Error("enough"));
    await expect(large).rejects.toThrow("enough");
    await small;
    expect(queue.stats).toMatchObject({ size: 10, rejectedItems: 9 });
  });

  it("tells the producer the outcome with wait_for_result", async () => {
    const gate = new Gate();
    const queue = queueTo(gate, { wait_for_result: true });
    const [good, bad] = [queue.consume(traces(1)), queue.consume(traces(2))];
    gate.held[0]!.release();
    gate.held[1]!.release(new Error("no"));
    await good;
    await expect(bad).rejects.toThrow("no");
    expect(queue.stats).toMatchObject({ size: 0, sentItems: 1, failedItems: 2, rejectedItems: 0 });
  });

  it("logs and counts what it drops", async () => {
    const gate = new Gate();
    const logger = new LogRecorder();
    const queue = queueTo(gate, {}, logger);
    await queue.consume(traces(3));
    gate.held[0]!.release(new Error("no more retries left: no"));
    await settle();
    expect(queue.stats).toMatchObject({ size: 0, failedItems: 3 });
    expect(logger.records).toEqual([
      {
        level: "error",
        attributes: { error: "no more retries left: no", dropped_items: 3 },
        message: "Exporting failed. Dropping data.",
      },
    ]);
  });

  it("refuses for good what is not OTLP, before it takes a place", async () => {
    const queue = queueTo(new Gate(), {});
    const failure = queue.consume(Traces.fromBytes(Buffer.from("oops")));
    await expect(failure).rejects.toThrow(PermanentError);
    await expect(failure).rejects.toThrow("queue traces: malformed protobuf");
    expect(queue.stats).toMatchObject({ size: 0, inFlight: 0 });
  });

  it("sends what was offered in the same turn as the shutdown", async () => {
    const gate = new Gate();
    const queue = queueTo(gate, {});
    const offered = queue.consume(traces(2));
    const drained = queue.drain(never);
    gate.held[0]!.release();
    await Promise.all([offered, drained]);
    expect(queue.stats).toMatchObject({ size: 0, sentItems: 2 });
  });

  it("refuses at shutdown those who wait for room and those who come later", async () => {
    const gate = new Gate();
    const queue = queueTo(gate, { queue_size: 1, block_on_overflow: true });
    await queue.consume(traces(1));
    const waiting = queue.consume(traces(1));
    const drained = queue.drain(never);
    await expect(waiting).rejects.toThrow("sending queue is stopped");
    await expect(queue.consume(traces(1))).rejects.toThrow("sending queue is stopped");
    gate.held[0]!.release();
    await drained;
    expect(queue.stats).toMatchObject({ size: 0, sentItems: 1, rejectedItems: 2 });
  });
});
