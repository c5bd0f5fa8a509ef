import { describe, expect, it, vi } from "vitest";
import { LogRecorder } from "../../../test/support/component.ts";
import { metrics, traces } from "../../../test/support/data.ts";
import { noQueueMetrics } from "../../../test/support/queue-metrics.ts";
import { parseConfig } from "../../confmap/decode.ts";
import type { Consumer, Context } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import { queueConfig } from "./config.ts";
import { SendingQueue } from "./queue.ts";

const never = new AbortController().signal;

/** Keeps what it is sent, until the test lets each go. */
class Destination implements Consumer<Signal> {
  readonly capabilities = { mutatesData: false };
  readonly batches: SignalData[Signal][] = [];
  readonly tenants: unknown[] = [];
  readonly gates: PromiseWithResolvers<void>[] = [];
  readonly #held: boolean;

  constructor(held = false) {
    this.#held = held;
  }

  get counts(): number[] {
    return this.batches.map((data) => data.itemCount);
  }

  async consume(data: SignalData[Signal], { client }: Context = {}): Promise<void> {
    this.batches.push(data);
    this.tenants.push(client?.metadata.get("tenant")?.[0]);
    if (!this.#held) return;
    const gate = Promise.withResolvers<void>();
    this.gates.push(gate);
    await gate.promise;
  }
}

function queueTo(next: Destination, batch: object, section: object = {}): SendingQueue<Signal> {
  return new SendingQueue(
    parseConfig(queueConfig, { batch, ...section }),
    new LogRecorder(),
    noQueueMetrics,
    next,
  );
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe("sending_queue with batch", () => {
  it("joins requests to min_size, and cuts them at max_size", async () => {
    const next = new Destination();
    const queue = queueTo(next, { min_size: 5, max_size: 6, flush_timeout: "1h" });
    for (const count of [2, 2, 9, 1]) await queue.consume(traces(count));
    await settle();
    expect(next.counts).toEqual([6, 6]);
    await queue.drain(never);
    expect(next.counts).toEqual([6, 6, 2]);
    expect(queue.stats).toMatchObject({ size: 0, sentItems: 14 });
  });

  it("sends what there is after flush_timeout", async () => {
    const next = new Destination();
    const queue = queueTo(next, { flush_timeout: "20ms" });
    await queue.consume(metrics(3));
    await queue.consume(metrics(4));
    await settle();
    expect(next.counts).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(next.counts).toEqual([7]);
    await queue.drain(never);
  });

  it("cuts by bytes, but never an item", async () => {
    const next = new Destination();
    const one = traces(1).byteLength;
    const queue = queueTo(next, { sizer: "bytes", min_size: 0, max_size: 3 * one });
    await queue.consume(traces(40));
    await queue.drain(never);
    expect(next.counts.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(Math.max(...next.batches.map((data) => data.byteLength))).toBeLessThanOrEqual(3 * one);
    const tiny = new Destination();
    const other = queueTo(tiny, { sizer: "bytes", min_size: 0, max_size: 1 });
    await other.consume(traces(2));
    await other.drain(never);
    expect(tiny.counts).toEqual([1, 1]);
  });

  it("counts a request until every part of it is sent, and gives a failure of any to who waits", async () => {
    const next = new Destination(true);
    const queue = queueTo(
      next,
      { min_size: 2, max_size: 2 },
      { wait_for_result: true, sizer: "items", num_consumers: 2 },
    );
    const result = queue.consume(traces(4));
    await settle();
    expect(queue.stats).toMatchObject({ size: 4, inFlight: 2 });
    next.gates[0]!.reject(new Error("no"));
    await settle();
    expect(queue.stats).toMatchObject({ size: 4, inFlight: 1, failedItems: 2 });
    next.gates[1]!.resolve();
    await expect(result).rejects.toThrow("no");
    expect(queue.stats).toMatchObject({ size: 0, sentItems: 2 });
    await queue.drain(never);
  });

  it("keeps clients apart", async () => {
    const next = new Destination();
    const queue = queueTo(next, { partition: { metadata_keys: ["Tenant"] }, flush_timeout: "1h" });
    for (const tenant of ["a", "b", "a"]) {
      await queue.consume(traces(1), { client: { metadata: new Map([["tenant", [tenant]]]) } });
    }
    await queue.drain(never);
    expect(next.counts).toEqual([2, 1]);
    expect(next.tenants).toEqual(["a", "b"]);
  });

  it("sends what has waited longest when there are more clients than cache_size", async () => {
    const next = new Destination();
    const partition = { metadata_keys: ["tenant"], cache_size: 2 };
    const queue = queueTo(next, { partition, flush_timeout: "1h" });
    for (const tenant of ["a", "b", "a", "c"]) {
      await queue.consume(traces(1), { client: { metadata: new Map([["tenant", [tenant]]]) } });
    }
    await vi.waitFor(() => expect(next.tenants).toEqual(["a"]));
    expect(next.counts).toEqual([2]);
    await queue.drain(never);
    expect(next.tenants).toEqual(["a", "b", "c"]);
  });

  it("drops and counts, at the shutdown deadline, what it could not send", async () => {
    const next = new Destination(true);
    const queue = queueTo(next, { min_size: 3, max_size: 3 }, { num_consumers: 1 });
    for (const count of [3, 3, 1]) await queue.consume(traces(count));
    const drained = queue.drain(AbortSignal.abort());
    next.gates[0]!.reject(new Error("aborted"));
    await drained;
    expect(queue.stats).toMatchObject({ size: 0, failedItems: 7 });
  });

  it.each([
    [{ batch: { flush_timeout: "0s" } }, "`flush_timeout` must be positive, found 0"],
    [{ batch: { min_size: 9, max_size: 5 } }, "`max_size` (5) must be greater or equal to `min_size` (9)"],
    [{ batch: { sizer: "requests" } }, "`batch` supports only `items` or `bytes` sizer"],
    [{ sizer: "items", batch: {} }, "`min_size` must be less than or equal to `queue_size`"],
    [{ batch: { partition: { metadata_keys: ["a", "A"] } } }, 'duplicate entry in metadata_keys: "a"'],
    [{ batch: { partition: { cache_size: 0 } } }, "`cache_size` must be positive, found 0"],
    [{ batch: { partition: { idle_timeout: "-1s" } } }, "`idle_timeout` must be positive, found -1s"],
    [{ sizer: "Items" }, 'invalid sizer: "Items"'],
    [{ storage: "file_storage/" }, "the part after / should not be empty"],
    [
      { storage: "file_storage", wait_for_result: true },
      "`wait_for_result` is not supported with a persistent",
    ],
  ])("does not accept %j", (section, message) => {
    expect(() => parseConfig(queueConfig, section)).toThrow(message);
  });
});
