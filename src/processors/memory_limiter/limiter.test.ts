import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogRecorder, settings } from "../../../test/support/component.ts";
import { logs } from "../../../test/support/data.ts";
import { ConfigError, parseConfig } from "../../confmap/decode.ts";
import { discard } from "../../consumer/index.ts";
import type { Counters } from "../../service/telemetry/counters.ts";
import { memoryLimiterConfig } from "./config.ts";
import { limitsOf, MemoryLimiter } from "./limiter.ts";
import { type Memory, processMemory } from "./memory.ts";
import { MemoryLimiterProcessor } from "./processor.ts";

const MIB = 1024 * 1024;

class FakeMemory implements Memory {
  mib = 0;
  unreadable = false;
  collections = 0;
  /** What a collection leaves. */
  live = Number.POSITIVE_INFINITY;

  usedBytes(): number {
    if (this.unreadable) throw new Error("EMFILE: too many open files");
    return this.mib * MIB;
  }
  totalBytes(): number {
    return 1000 * MIB;
  }
  collectGarbage(): void {
    this.collections++;
    this.mib = Math.min(this.mib, this.live);
  }
}

const parse = (section: object) => parseConfig(memoryLimiterConfig, section);
const inMib = ({ hard, soft }: { hard: number; soft: number }) => [hard / MIB, soft / MIB];

let memory: FakeMemory;
let logger: LogRecorder;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  memory = new FakeMemory();
  logger = new LogRecorder();
});
afterEach(() => vi.useRealTimers());

describe("memory_limiter's limits", () => {
  it.each([
    [{ limit_mib: 100 }, [100, 80]],
    [{ limit_mib: 100, spike_limit_mib: 30 }, [100, 70]],
    [{ limit_percentage: 50 }, [500, 400]],
    [{ limit_percentage: 50, spike_limit_percentage: 25 }, [500, 250]],
    [{ limit_mib: 100, limit_percentage: 50, spike_limit_percentage: 25 }, [100, 80]],
  ])("of %j are %j", (section, expected) => {
    expect(inMib(limitsOf(parse({ check_interval: "1s", ...section }), memory.totalBytes()))).toEqual(
      expected,
    );
  });

  it("see the cgroup's limit, and never more than the machine has", () => {
    expect(processMemory.totalBytes()).toBeGreaterThan(0);
    expect(processMemory.totalBytes()).toBeLessThan(2 ** 50);
  });

  it.each([
    [{}, "'check_interval' must be greater than zero"],
    [{ check_interval: "1s" }, "'limit_mib' or 'limit_percentage' must be greater than zero"],
    [
      { check_interval: "1s", limit_mib: 10, spike_limit_mib: 10 },
      "'spike_limit_mib' must be smaller than 'limit_mib'",
    ],
    [
      { check_interval: "1s", limit_percentage: 101 },
      "'limit_percentage' and 'spike_limit_percentage' must be greater than zero and less than or equal to hundred",
    ],
    [
      { check_interval: "1s", limit_percentage: 50, spike_limit_percentage: 60 },
      "'spike_limit_percentage' must be smaller than 'limit_percentage'",
    ],
    [
      { check_interval: "1s", limit_mib: 10, min_gc_interval_when_hard_limited: "11s" },
      "'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'",
    ],
    [
      { check_interval: "1s", limit_mib: 10, max_gc_interval_when_hard_limited: "-1s" },
      "'max_gc_interval_when_hard_limited' must be non-negative",
    ],
  ])("are refused when they are %j", (section, message) => {
    expect(() => parse(section)).toThrow(new ConfigError(message));
  });
});

describe("memory_limiter", () => {
  const start = (section: object = {}) => {
    const limiter = new MemoryLimiter(parse({ check_interval: "1s", limit_mib: 100, ...section }), memory);
    const given = settings("memory_limiter", logger);
    const processor = new MemoryLimiterProcessor<"logs">(given, limiter, "logs", discard);
    return { limiter, processor, counters: given.counters as Counters };
  };
  const messages = () => logger.records.map(({ level, message }) => `${level} ${message}`);

  it("stays with its answer while memory cannot be read", async () => {
    const { processor } = start();
    await processor.start();
    memory.mib = 81;
    vi.advanceTimersByTime(1000);
    memory.mib = 1;
    memory.unreadable = true;
    vi.advanceTimersByTime(1000);
    await expect(processor.consume(logs(1))).rejects.toThrow("data refused");
    memory.unreadable = false;
    vi.advanceTimersByTime(1000);
    await processor.consume(logs(1));
    await processor.shutdown();
    expect(messages()).toContain("warn Memory usage could not be read.");
  });

  it("refuses, retryably, from the check above the soft limit to the one below it", async () => {
    const { processor, counters } = start();
    await processor.start();
    memory.mib = 81;
    await processor.consume(logs(1)); // Not checked yet.
    vi.advanceTimersByTime(1000);
    const refusal = processor.consume(logs(3));
    await expect(refusal).rejects.toThrow(new Error("data refused due to high memory usage"));
    await expect(refusal).rejects.not.toHaveProperty("name", "PermanentError");
    memory.mib = 80;
    vi.advanceTimersByTime(1000);
    await processor.consume(logs(1));
    await processor.shutdown();
    const labels = '{processor="memory_limiter"}';
    expect(counters.snapshot()).toEqual({
      [`otelcol_processor_memory_limiter_accepted_log_records${labels}`]: 2,
      [`otelcol_processor_memory_limiter_refused_log_records${labels}`]: 3,
    });
    expect(messages()).toEqual([
      "info Memory limiter configured",
      "info Memory usage is above soft limit. Forcing a GC.",
      "info Memory usage after GC.",
      "warn Memory usage is above soft limit. Refusing data.",
      "info Memory usage back within limits. Resuming normal operation.",
    ]);
  });

  it("does not refuse when collecting garbage was enough", async () => {
    const { processor } = start();
    await processor.start();
    Object.assign(memory, { mib: 120, live: 50 });
    vi.advanceTimersByTime(1000);
    await processor.consume(logs(1));
    expect(memory.collections).toBe(1);
    await processor.shutdown();
  });

  it("collects less and less often while it does not help, up to the cap", async () => {
    const { processor } = start({ max_gc_interval_when_hard_limited: "8s" });
    await processor.start();
    memory.mib = 200;
    const at: number[] = [];
    for (let second = 1; second <= 32; second++) {
      const before = memory.collections;
      vi.advanceTimersByTime(1000);
      if (memory.collections > before) at.push(second);
    }
    expect(at).toEqual([1, 2, 4, 8, 16, 24, 32]);
    await processor.shutdown();
  });

  it("waits the minimum interval between collections above the soft limit", async () => {
    const { processor } = start({
      min_gc_interval_when_soft_limited: "5s",
      max_gc_interval_when_soft_limited: "0s",
      max_gc_interval_when_hard_limited: "0s",
    });
    await processor.start();
    memory.mib = 90;
    vi.advanceTimersByTime(16_000);
    expect(memory.collections).toBe(4); // At 1, 6, 11 and 16 s.
    await processor.shutdown();
  });

  it("is one for all the pipelines that share it, and stops with the last", async () => {
    const { limiter, processor } = start();
    const other = new MemoryLimiterProcessor(settings("memory_limiter", logger), limiter, "logs", discard);
    await processor.start();
    await other.start();
    expect(vi.getTimerCount()).toBe(1);
    await processor.shutdown();
    await processor.shutdown();
    expect(vi.getTimerCount()).toBe(1);
    await other.shutdown();
    expect(vi.getTimerCount()).toBe(0);
    expect(messages()).toEqual(["info Memory limiter configured"]);
  });

  it("can collect garbage in a process that was started without the flag for it", () => {
    let big: unknown = Array.from({ length: 1e6 }, (_, index) => ({ index }));
    const full = process.memoryUsage().heapUsed;
    expect(big).toBeDefined();
    big = undefined;
    processMemory.collectGarbage();
    expect(process.memoryUsage().heapUsed).toBeLessThan(full - 10 * MIB);
  });
});
