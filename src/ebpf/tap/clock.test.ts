import { expect, test } from "vitest";
import { Nanos } from "../../pdata/index.ts";
import { MonotonicClock, systemClocks } from "./clock.ts";

/** Clocks that stand still but for 10 us a read; realtime is monotonic plus an offset. */
class FakeClocks {
  monotonic = 5_000_000_000_000n;
  offset = 1_700_000_000_000_123_456n;

  monotonicNs(): bigint {
    this.monotonic += 10_000n;
    return this.monotonic;
  }

  realtimeMs(): number {
    this.monotonic += 10_000n;
    return Number((this.monotonic + this.offset) / 1_000_000n);
  }
}

function errorNs(clocks: FakeClocks, clock: MonotonicClock): number {
  return Math.abs(Number(clock.offset.toBigInt() - clocks.offset));
}

test("finds the offset to microseconds, though time of day is read in milliseconds", () => {
  const clocks = new FakeClocks();
  expect(errorNs(clocks, new MonotonicClock(clocks))).toBeLessThan(50_000);
});

test("follows the clock when it is set, in both directions", () => {
  const clocks = new FakeClocks();
  const clock = new MonotonicClock(clocks);
  for (const step of [3_600_000_000_000n, -7_200_000_000_000n, 5_000_000n]) {
    clocks.offset += step;
    clock.refresh();
    expect(errorNs(clocks, clock)).toBeLessThan(50_000);
  }
});

test("keeps the offset while nobody sets the clock, so that spans keep their order", () => {
  const clocks = new FakeClocks();
  const clock = new MonotonicClock(clocks);
  const before = clock.offset.toBigInt();
  for (let i = 0; i < 1000; i++) clock.refresh();
  expect(clock.offset.toBigInt()).toBe(before);
});

test("agrees with this host's clock", () => {
  const clock = new MonotonicClock(systemClocks);
  const nowMs = Number(clock.now(new Nanos()).toBigInt() / 1_000_000n);
  expect(Math.abs(nowMs - Date.now())).toBeLessThan(50);
});
