import { expect, test } from "vitest";
import { SpanSampling, thresholdOf } from "./span-sampling.ts";

const config = { ratio: 1, maxPerSecond: 1000, slowerThanMs: 500, errors: true };

test.each([
  [1, 0n],
  [0.5, 1n << 55n],
  [0.25, 0xc0_0000_0000_0000n],
  [0.1, 0xe6_6600_0000_0000n],
  [0, 1n << 56n],
])("keeps a share of %d by the threshold %d", (ratio, threshold) => {
  expect(thresholdOf(ratio)).toBe(threshold);
});

test.each([0.9, 0.1, 0.01, 1e-3, 1e-6, 1e-9])("keeps a share of %d to a thousandth of it", (ratio) => {
  const kept = 1 - Number(thresholdOf(ratio)) / 2 ** 56;
  expect(Math.abs(kept / ratio - 1)).toBeLessThan(1e-3);
});

test("says to the kernel what the user asked for", () => {
  expect(new SpanSampling(config).settings).toEqual({
    threshold: 0n,
    slowNs: 500_000_000n,
    spansPerSecond: 1000,
    keepErrors: true,
  });
});

/** A kernel whose requests are neither slow nor errors. */
class Kernel {
  readonly sampling: SpanSampling;
  readonly #counters = { spans: 0n, spans_sampled_out: 0n, spans_over_budget: 0n };

  constructor(sampling: SpanSampling) {
    this.sampling = sampling;
  }

  /** Plays seconds with so many requests each; returns the share that was kept in each, and what it claimed to be. */
  play(...requests: number[]): { kept: number; claimed: number }[] {
    return requests.map((count) => {
      const claimed = 1 - Number(this.sampling.settings.threshold) / 2 ** 56;
      const sampled = Math.round(count * claimed);
      const spans = Math.min(sampled, 875);
      this.#counters.spans += BigInt(spans);
      this.#counters.spans_over_budget += BigInt(sampled - spans);
      this.#counters.spans_sampled_out += BigInt(count - sampled);
      this.sampling.update({ ...this.#counters });
      return { kept: spans / count, claimed };
    });
  }
}

test("lets everything through below the budget", () => {
  for (const { kept, claimed } of new Kernel(new SpanSampling(config)).play(500, 800, 10))
    expect([kept, claimed]).toEqual([1, 1]);
});

test("claims what it keeps, one second after there is too much", () => {
  const [first, ...rest] = new Kernel(new SpanSampling(config)).play(10_000, 10_000, 10_000, 10_000);
  expect(first).toEqual({ kept: 0.0875, claimed: 1 });
  for (const { kept, claimed } of rest) expect(Math.abs(kept / claimed - 1)).toBeLessThan(0.01);
});

test("goes back to the user's share when there is room again", () => {
  const kernel = new Kernel(new SpanSampling({ ...config, ratio: 0.5 }));
  kernel.play(100_000, 100_000);
  expect(thresholdOf(0.5)).toBeLessThan(kernel.sampling.settings.threshold);
  kernel.play(...new Array<number>(30).fill(100));
  expect(kernel.sampling.settings.threshold).toBe(thresholdOf(0.5));
});

test("survives seconds without requests", () => {
  const kernel = new Kernel(new SpanSampling(config));
  kernel.play(100_000, ...new Array<number>(30).fill(0));
  expect(kernel.sampling.settings.threshold).toBe(0n);
});
