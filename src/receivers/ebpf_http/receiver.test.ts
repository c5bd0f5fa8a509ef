import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import { requestRecord, seriesSnapshot, targetRecord } from "../../../test/support/http-records.ts";
import { fakeSource } from "../../../test/support/http-source.ts";
import { parseConfig } from "../../confmap/decode.ts";
import type { Consumer } from "../../consumer/index.ts";
import type { HttpTapSettings } from "../../ebpf/tap/open.ts";
import type { Metrics, Signal, SignalData, Traces } from "../../pdata/index.ts";
import { ebpfHttpConfig } from "./config.ts";
import { EbpfHttpReceiver } from "./receiver.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Takes what it is given once `release` is called, or at once. */
class Taker<S extends Signal> implements Consumer<S> {
  readonly capabilities = { mutatesData: false };
  readonly taken: SignalData[S][] = [];
  #held: (() => void)[] | undefined;
  refusal: Error | undefined;

  hold(): void {
    this.#held = [];
  }
  release(): void {
    for (const go of this.#held ?? []) go();
    this.#held = undefined;
  }
  async consume(data: SignalData[S]): Promise<void> {
    const held = this.#held;
    if (held) await new Promise<void>((go) => held.push(go));
    if (this.refusal) throw this.refusal;
    this.taken.push(data);
  }
}

function setUp(
  section: object = {},
  signals: { readonly traces?: boolean; readonly metrics?: boolean } = {},
) {
  const source = fakeSource();
  const traces = new Taker<"traces">();
  const metrics = new Taker<"metrics">();
  const logger = new LogRecorder();
  const opened: HttpTapSettings[] = [];
  const receiver = new EbpfHttpReceiver({
    settings: settings("ebpf_http", logger),
    config: parseConfig(ebpfHttpConfig, section),
    next: {
      ...((signals.traces ?? true) && { traces }),
      ...((signals.metrics ?? true) && { metrics }),
    },
    agentPid: 1,
    openSource: async (tap) => {
      opened.push(tap);
      return source;
    },
  });
  return { source, tap: source.tap, traces, metrics, logger, opened, receiver, host: new HostRecorder() };
}

function spanCount(taken: readonly Traces[]): number {
  return taken.reduce((sum, { itemCount }) => sum + itemCount, 0);
}

const never = new AbortController().signal;

test("hands on spans as they come and metrics on each interval", async () => {
  const { tap, traces, metrics, receiver, host } = setUp();
  await receiver.start(host);
  tap.records.push(requestRecord(), requestRecord());
  tap.series = seriesSnapshot({ target: 0n, buckets: [2] });
  await vi.advanceTimersByTimeAsync(300);
  expect(spanCount(traces.taken)).toBe(2);
  expect(metrics.taken).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(metrics.taken).toHaveLength(1);
  await receiver.shutdown(never);
});

test("waits for an interval that is longer than a timer can be", async () => {
  const { tap, metrics, receiver, host } = setUp({ collection_interval: "1000h" });
  await receiver.start(host);
  tap.series = seriesSnapshot({ target: 0n, buckets: [1] });
  await vi.advanceTimersByTimeAsync(1000);
  expect(metrics.taken).toEqual([]);
});

test("tells the kernel whether anybody wants spans", async () => {
  const { opened, receiver, host } = setUp({}, { traces: false });
  await receiver.start(host);
  expect(opened[0]).toMatchObject({ spans: false, agentPid: 1, server: true, client: true });
  await receiver.shutdown(never);
});

test("leaves spans in the ring while what follows is busy, but not metrics", async () => {
  const { tap, traces, metrics, receiver, host } = setUp();
  await receiver.start(host);
  traces.hold();
  for (let i = 0; i < 15_000; i++) tap.records.push(requestRecord());
  tap.series = seriesSnapshot({ target: 0n, buckets: [1] });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(tap.records).toHaveLength(5000);
  expect(metrics.taken.length).toBeGreaterThan(0);
  traces.release();
  await vi.advanceTimersByTimeAsync(1000);
  expect(tap.records).toHaveLength(0);
  expect(spanCount(traces.taken)).toBe(15_000);
  await receiver.shutdown(never);
});

test("drains sooner the more there is, and seldom while there is nothing", async () => {
  const { tap, receiver, host } = setUp();
  await receiver.start(host);
  const drains: number[] = [];
  const drain = tap.drain.bind(tap);
  tap.drain = (onRecord, maxRecords) => {
    drains.push(performance.now());
    return drain(onRecord, maxRecords);
  };
  const perSecond = async (records: number) => {
    drains.length = 0;
    for (let ms = 0; ms < 1000; ms += 5) {
      for (let i = 0; i < records / 200; i++) tap.records.push(requestRecord());
      await vi.advanceTimersByTimeAsync(5);
    }
    return drains.length;
  };
  await perSecond(0);
  expect(await perSecond(0)).toBeLessThanOrEqual(4);
  expect(await perSecond(200)).toBeLessThanOrEqual(21);
  await perSecond(40_000);
  expect(await perSecond(40_000)).toBeGreaterThan(40);
  await receiver.shutdown(never);
});

test("hands on at shutdown all that was recorded and counted", async () => {
  const { source, tap, traces, metrics, receiver, host } = setUp();
  await receiver.start(host);
  for (let i = 0; i < 25_000; i++) tap.records.push(requestRecord());
  tap.series = seriesSnapshot({ target: 0n, buckets: [7] });
  await receiver.shutdown(never);
  expect(tap.detached).toBe(true);
  expect(spanCount(traces.taken)).toBe(25_000);
  expect(metrics.taken.map((each: Metrics) => each.itemCount)).toHaveLength(1);
  expect(source.closed).toBe(true);
});

test("waits at shutdown for what follows, however slow, and takes all from the ring", async () => {
  const { tap, traces, receiver, host } = setUp();
  await receiver.start(host);
  traces.hold();
  for (let i = 0; i < 25_000; i++) tap.records.push(requestRecord());
  const shutdown = receiver.shutdown(never);
  for (let i = 0; i < 10; i++) {
    await vi.advanceTimersByTimeAsync(10);
    traces.release();
  }
  await shutdown;
  expect(spanCount(traces.taken)).toBe(25_000);
});

test("ends at shutdown although nothing but names of targets is left", async () => {
  const { source, tap, receiver, host } = setUp();
  await receiver.start(host);
  tap.records.push(targetRecord(7n, "GET /a HTTP/1.1\r\n"));
  await receiver.shutdown(never);
  expect(source.closed).toBe(true);
});

test("gives up at the deadline of shutdown when nothing is taken any more", async () => {
  const { source, tap, traces, receiver, host } = setUp();
  await receiver.start(host);
  traces.hold();
  for (let i = 0; i < 25_000; i++) tap.records.push(requestRecord());
  const deadline = new AbortController();
  const shutdown = receiver.shutdown(deadline.signal);
  await vi.advanceTimersByTimeAsync(100);
  deadline.abort(new Error("late"));
  await shutdown;
  expect(source.closed).toBe(true);
});

test("goes on when it could not read once", async () => {
  const { source, tap, traces, metrics, receiver, host } = setUp();
  await receiver.start(host);
  let failures = 0;
  source.drainProcesses = () => {
    failures++;
    throw new Error("bpf_map_lookup_elem: EMFILE");
  };
  await vi.advanceTimersByTimeAsync(10_500);
  expect(failures).toBeGreaterThan(2);
  expect(new Set(host.statuses)).toEqual(new Set(["recoverable_error"]));
  source.drainProcesses = () => {};
  tap.records.push(requestRecord());
  tap.series = seriesSnapshot({ target: 0n, buckets: [1] });
  await vi.advanceTimersByTimeAsync(10_500);
  expect(spanCount(traces.taken)).toBe(1);
  expect(metrics.taken).not.toEqual([]);
  expect(host.statuses.at(-1)).toBe("ok");
});

test("goes on when what follows refuses", async () => {
  const { tap, traces, receiver, host } = setUp();
  await receiver.start(host);
  traces.refusal = new Error("memory limit reached");
  tap.records.push(requestRecord());
  await vi.advanceTimersByTimeAsync(300);
  expect(host.statuses).toEqual(["recoverable_error"]);
  traces.refusal = undefined;
  tap.records.push(requestRecord());
  await vi.advanceTimersByTimeAsync(300);
  expect(spanCount(traces.taken)).toBe(1);
  await receiver.shutdown(never);
  expect(host.statuses).toEqual(["recoverable_error", "ok"]);
});

test("wakes up twice a second while nothing comes, more often once something does", async () => {
  const { tap, receiver, host } = setUp();
  const drains = vi.spyOn(tap, "drain");
  await receiver.start(host);
  await vi.advanceTimersByTimeAsync(5000);
  drains.mockClear();
  await vi.advanceTimersByTimeAsync(5000);
  expect(drains).toHaveBeenCalledTimes(10);
  tap.records.push(requestRecord());
  await vi.advanceTimersByTimeAsync(500);
  drains.mockClear();
  await vi.advanceTimersByTimeAsync(500);
  expect(drains.mock.calls.length).toBeGreaterThanOrEqual(3);
  await receiver.shutdown(never);
});

test("lowers the share of the requests it keeps when they are over the budget", async () => {
  const { tap, receiver, host } = setUp();
  await receiver.start(host);
  tap.counts = { spans: 875n, spans_over_budget: 9125n };
  await vi.advanceTimersByTimeAsync(1500);
  expect(tap.spanSettings.at(-1)!.threshold).toBeGreaterThan(0n);
  await receiver.shutdown(never);
});

test("warns of losses once a minute, with what to do", async () => {
  const { tap, logger, receiver, host } = setUp();
  await receiver.start(host);
  const warnings = () => logger.records.filter(({ level }) => level === "warn");
  tap.counts = { ring_full: 3n };
  await vi.advanceTimersByTimeAsync(60_000);
  tap.counts = { ring_full: 10n };
  await vi.advanceTimersByTimeAsync(59_000);
  expect(warnings()).toMatchObject([{ attributes: { counter: "ring_full", lost: 3 } }]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(warnings()).toHaveLength(2);
  expect(warnings()[1]).toMatchObject({ attributes: { counter: "ring_full", lost: 7 } });
  await receiver.shutdown(never);
});

test("may be stopped before it was started, and twice", async () => {
  const { receiver, host } = setUp();
  await receiver.shutdown(never);
  await receiver.start(host);
  await receiver.shutdown(never);
  await receiver.shutdown(never);
});
