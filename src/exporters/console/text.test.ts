import { describe, expect, it } from "vitest";
import { quantile, since, toDistribution } from "./distribution.ts";
import { History } from "./history.ts";
import { address, count, duration, quantity, rate, value } from "./text.ts";

describe("numbers for people", () => {
  it.each([
    [0, "0ns"],
    [420e-9, "420ns"],
    [999.9e-9, "1.00µs"],
    [84.2e-6, "84.2µs"],
    [0.00184, "1.84ms"],
    [0.0125, "12.5ms"],
    [0.9999, "1.00s"],
    [12, "12.0s"],
    [59.96, "1m00s"],
    [123, "2m03s"],
    [3723, "62m03s"],
  ])("shows %s seconds as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("shows counts, rates and units", () => {
    expect(count(1_234_567n)).toBe("1,234,567");
    expect([rate(0.3), rate(12.44), rate(999), rate(1204.4)]).toEqual([
      "0.30/s",
      "12.4/s",
      "999/s",
      "1,204/s",
    ]);
    expect([quantity(1.5, "s"), quantity(1500, "ms"), quantity(1500, "us"), quantity(15, "ns")]).toEqual([
      "1.50s",
      "1.50s",
      "1.50ms",
      "15ns",
    ]);
    expect([quantity(1023, "By"), quantity(1024, "By"), quantity(5e9, "By")]).toEqual([
      "1,023 B",
      "1.00 KiB",
      "4.66 GiB",
    ]);
    expect([quantity(0.25, "1"), quantity(3, "{request}"), quantity(21.5, "Cel")]).toEqual([
      "0.25",
      "3",
      "21.5 Cel",
    ]);
  });

  it("shows addresses and values", () => {
    expect([address("", "1"), address("h", ""), address("h", "1"), address("::1", "1")]).toEqual([
      "",
      "h",
      "h:1",
      "[::1]:1",
    ]);
    expect(value([1n, "a", { entries: [{ key: "k", value: undefined }] }, Buffer.from("ab")])).toBe(
      "[1, a, {k=}, 2 bytes]",
    );
  });
});

describe("distributions", () => {
  const point = {
    attributes: [],
    startTime: 0n,
    time: 0n,
    flags: 0,
    exemplars: [],
    sum: undefined,
    min: undefined,
    max: undefined,
  };
  const explicit = (...bucketCounts: bigint[]) => {
    const total = bucketCounts.reduce((sum, n) => sum + n, 0n);
    return toDistribution({ ...point, count: total, bucketCounts, explicitBounds: [1, 2] });
  };

  it("estimate quantiles within the bucket they fall in, as far as it has ends", () => {
    expect(quantile(explicit(10n, 10n, 0n), 0.25)).toEqual({ side: "<", value: 1 });
    expect(quantile(explicit(10n, 10n, 0n), 0.75)).toEqual({ side: "", value: 1.5 });
    expect(quantile(explicit(0n, 0n, 4n), 0.5)).toEqual({ side: ">", value: 2 });
    expect(quantile(explicit(0n, 0n, 0n), 0.5)).toBeUndefined();
  });

  it("estimate quantiles of exponential histograms, below, at and above zero", () => {
    const empty = { offset: 0, bucketCounts: [] };
    const base = { ...point, count: 4n, scale: 0, zeroThreshold: 0 };
    const positive = toDistribution({
      ...base,
      zeroCount: 2n,
      positive: { offset: 1, bucketCounts: [2n] },
      negative: empty,
    });
    expect(quantile(positive, 0.25)).toEqual({ side: "", value: 0 });
    expect(quantile(positive, 1)).toEqual({ side: "", value: 4 });
    const negative = toDistribution({
      ...base,
      zeroCount: 0n,
      positive: empty,
      negative: { offset: 1, bucketCounts: [4n] },
    });
    expect(quantile(negative, 0.5)).toEqual({ side: "", value: -3 });
  });

  it("give what was added since, unless they began anew or have other bounds", () => {
    expect(since(explicit(1n, 2n, 3n), explicit(2n, 4n, 3n))).toMatchObject({
      count: 3,
      buckets: [{ count: 1 }, { count: 2 }, { count: 0 }],
    });
    expect(since(explicit(5n), explicit(1n))).toBeUndefined();
    expect(since(explicit(5n, 0n, 0n), explicit(1n, 9n, 0n))).toBeUndefined();
  });
});

describe("history", () => {
  it("remembers a bounded number of series, forgetting those it has not seen for longest", () => {
    const history = new History<number>();
    const at = (time: bigint) => ({ startTime: 1n, time });
    for (let i = 0; i < 10_001; i++) history.note(`s${i}`, at(2n), i);
    expect(history.note("s10000", at(1_000_000_002n), 1)).toEqual({ before: 10_000, seconds: 1 });
    expect(history.note("s0", at(3n), 1).before).toBeUndefined();
    expect(history.note("s10000", { startTime: 9n, time: 2_000_000_000n }, 1).before).toBeUndefined();
  });
});
