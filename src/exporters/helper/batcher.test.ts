import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { traces } from "../../../test/support/data.ts";
import { decodeTraces } from "../../pdata/decode/traces.ts";
import type { Traces } from "../../pdata/index.ts";
import { type Batch, Batcher, type BatcherConfig } from "./batcher.ts";

/** What of each span tells it from its neighbours, in order. */
const names = (data: readonly Traces[]): string[] =>
  data.flatMap((each) =>
    decodeTraces(each.bytes()).flatMap(({ scopes }) =>
      scopes.flatMap(({ items }) => items.map(({ name }) => name)),
    ),
  );

/** Every batch there is, then those that a flush makes of the rest. */
function* batchesOf(
  batcher: Batcher<"traces">,
  counts: readonly number[],
  settled: number[],
): Iterable<Batch<"traces">> {
  for (const [index, count] of counts.entries()) {
    batcher.add({ data: traces(count), client: undefined, settle: () => settled.push(index) });
    for (let batch = batcher.take(); batch; batch = batcher.take()) yield batch;
  }
  batcher.flush();
  for (let batch = batcher.take(); batch; batch = batcher.take()) yield batch;
}

const anyConfig: fc.Arbitrary<BatcherConfig> = fc.record({
  sizer: fc.constantFrom("items", "bytes"),
  flushTimeoutMs: fc.constant(3_600_000),
  minSize: fc.nat(300),
  maxSize: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })),
  metadataKeys: fc.constant([]),
  maxPartitions: fc.constant(0),
});

describe("batcher", () => {
  it("loses, repeats and reorders nothing, keeps to its sizes, and settles each piece once", () => {
    const anyCounts = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 20 });
    fc.assert(
      fc.property(anyConfig, anyCounts, (config, counts) => {
        const settled: number[] = [];
        const batcher = new Batcher<"traces">(config, () => {});
        const batches = [...batchesOf(batcher, counts, settled)];
        expect(settled).toEqual([]);
        for (const { settle } of batches) settle();
        expect(settled).toEqual(counts.map((_, index) => index));
        expect(names(batches.map(({ data }) => data))).toEqual(names(counts.map((count) => traces(count))));
        const { maxSize, minSize, sizer } = config;
        const sizes = batches.map(({ data }) => (sizer === "items" ? data.itemCount : data.byteLength));
        const fits = (size: number, index: number) => size <= maxSize || batches[index]!.data.itemCount === 1;
        if (maxSize > 0) expect(sizes.every(fits)).toBe(true);
        if (maxSize === 0) expect(sizes.slice(0, -1).every((size) => size >= minSize)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("tells a piece of the last failure of its parts, when all have ended", () => {
    const sizes = { sizer: "items", flushTimeoutMs: 0, minSize: 0, maxSize: 2 } as const;
    const batcher = new Batcher<"traces">({ ...sizes, metadataKeys: [], maxPartitions: 0 }, () => {});
    const ends: unknown[] = [];
    batcher.add({ data: traces(5), client: undefined, settle: (failure) => ends.push(failure) });
    const [first, second, third] = [batcher.take()!, batcher.take()!, batcher.take()!];
    expect([first, second, third].map(({ data }) => data.itemCount)).toEqual([2, 2, 1]);
    second.settle(new Error("no"));
    first.settle();
    expect(ends).toEqual([]);
    third.settle();
    expect(ends).toEqual([new Error("no")]);
  });
});
