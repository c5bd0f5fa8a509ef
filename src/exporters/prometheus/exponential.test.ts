import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addExponential, downscaled } from "./exponential.ts";
import { type Spans, toNative } from "./native-histogram.ts";
import type { Buckets, ExponentialValue } from "./values.ts";

function value(given: Partial<ExponentialValue>): ExponentialValue {
  const none = { offset: 0, counts: [] };
  return {
    type: "exponential",
    startTime: 0n,
    time: 10n,
    count: 0,
    sum: 0,
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: none,
    negative: none,
    exemplars: [],
    ...given,
  };
}

const total = ({ counts }: Buckets) => counts.reduce((sum, count) => sum + count, 0);
const buckets = fc.record({
  offset: fc.integer({ min: -60, max: 60 }),
  counts: fc.array(fc.nat(9), { maxLength: 20 }),
});
const arbitrary = fc
  .record({
    scale: fc.integer({ min: -4, max: 12 }),
    zeroCount: fc.nat(9),
    positive: buckets,
    negative: buckets,
  })
  .map(value);

/** Where a bucket lies, by the middle of its logarithm at a scale to which all can be brought. */
function byCoarseIndex(side: Buckets, scale: number): Record<number, number> {
  const coarse = downscaled(side, scale, -4);
  const found: Record<number, number> = {};
  for (const [i, count] of coarse.counts.entries()) if (count > 0) found[coarse.offset + i] = count;
  return found;
}

/** The counts of a native histogram's buckets, by OTLP's index. */
function readBack({ spans, deltas }: Spans): Record<number, number> {
  const found: Record<number, number> = {};
  const rest = [...deltas];
  let index = 0;
  let count = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (const delta of rest.splice(0, length)) {
      count += delta;
      if (count > 0) found[index - 1] = count;
      index++;
    }
  }
  expect(rest).toEqual([]);
  return found;
}

describe("downscaled", () => {
  it("moves each bucket into that which covers it", () => {
    expect(downscaled({ offset: -3, counts: [1, 2, 3, 4, 5] }, 1, 0)).toEqual({
      offset: -2,
      counts: [1, 5, 9],
    });
    expect(downscaled({ offset: 5, counts: [1, 1] }, 3, 0)).toEqual({ offset: 0, counts: [2] });
    expect(downscaled({ offset: 5, counts: [1, 1] }, 0, 0)).toEqual({ offset: 5, counts: [1, 1] });
  });
});

describe("addExponential", () => {
  it("adds at the coarser scale, aligned by offset", () => {
    const first = value({
      scale: 1,
      count: 6,
      sum: 1,
      positive: { offset: 0, counts: [1, 2, 3] },
      startTime: 5n,
    });
    const next = value({
      scale: 0,
      count: 4,
      sum: 2,
      zeroCount: 1,
      positive: { offset: -1, counts: [3] },
      time: 20n,
    });
    expect(addExponential(first, next)).toMatchObject({
      startTime: 5n,
      time: 20n,
      scale: 0,
      count: 10,
      sum: 3,
      zeroCount: 1,
      positive: { offset: -1, counts: [3, 3, 3] },
    });
  });

  it("counts what lies below the wider zero threshold as zero", () => {
    // Scale 0: buckets (0.25, 0.5], (0.5, 1], (1, 2].
    const first = value({
      positive: { offset: -2, counts: [1, 2, 4] },
      negative: { offset: -2, counts: [8] },
    });
    expect(addExponential(first, value({ zeroThreshold: 1 }))).toMatchObject({
      zeroThreshold: 1,
      zeroCount: 11,
      positive: { offset: 0, counts: [4] },
      negative: { counts: [] },
    });
  });

  it("begins anew where buckets lie too far apart", () => {
    const first = value({ count: 1, positive: { offset: -(2 ** 31), counts: [1] } });
    const next = value({ count: 2, positive: { offset: 2 ** 31 - 1, counts: [2] } });
    expect(addExponential(first, next)).toBe(next);
  });

  it("loses and moves no count", () => {
    fc.assert(
      fc.property(arbitrary, arbitrary, (first, next) => {
        const sum = addExponential(first, next);
        for (const side of ["positive", "negative"] as const) {
          expect(total(sum[side])).toBe(total(first[side]) + total(next[side]));
          const parts = [first, next].map((each) => byCoarseIndex(each[side], each.scale));
          const expected: Record<number, number> = {};
          for (const [index, count] of parts.flatMap((part) => Object.entries(part))) {
            expected[Number(index)] = (expected[Number(index)] ?? 0) + count;
          }
          expect(byCoarseIndex(sum[side], sum.scale)).toEqual(expected);
        }
      }),
    );
  });
});

describe("toNative", () => {
  it("writes runs of buckets and the differences of their counts", () => {
    // OTLP's bucket i is Prometheus' i + 1.
    const { positive, schema, zeroThreshold } = toNative(
      value({ scale: 2, positive: { offset: -3, counts: [1, 0, 0, 4, 0, 0, 0, 2] } }),
    );
    expect({ schema, zeroThreshold }).toEqual({ schema: 2, zeroThreshold: 1e-128 });
    expect(positive).toEqual({
      spans: [
        { offset: -2, length: 4 },
        { offset: 3, length: 1 },
      ],
      deltas: [1, -1, 0, 4, -2],
    });
  });

  it("can be read back, at Prometheus' finest scale at most", () => {
    fc.assert(
      fc.property(arbitrary, (given) => {
        const native = toNative(given);
        expect(native.schema).toBe(Math.min(given.scale, 8));
        for (const side of ["positive", "negative"] as const) {
          const coarse = downscaled(given[side], given.scale, native.schema);
          const expected = coarse.counts.flatMap((each, i) =>
            each > 0 ? [[coarse.offset + i, each] as const] : [],
          );
          expect(readBack(native[side])).toEqual(Object.fromEntries(expected));
        }
      }),
    );
  });
});
