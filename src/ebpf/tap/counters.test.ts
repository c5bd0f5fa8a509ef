import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MAP_COUNTER_NAMES, sumCounters } from "./counters.ts";

test("has a name for each of the kernel's counters, in its order", () => {
  const header = readFileSync(new URL("../../../bpf/http.h", import.meta.url), "utf8");
  const [, body = ""] = /enum http_counter \{([^}]+)\}/.exec(header) ?? [];
  const kernel = [...body.matchAll(/HTTP_(\w+) = \d+/g)].map(([, name]) => name!.toLowerCase());
  expect(kernel.pop()).toBe("counters");
  // LOST_SERIES is called series_full, COUNT_SPANS spans: what they count, in the words of the log.
  const words = kernel.map((name) => name.replace(/^(count|lost)_/, ""));
  expect(words).toEqual(
    MAP_COUNTER_NAMES.map((name) => name.replace(/(series|captures|connections)_full$/, "$1")),
  );
});

test("sums what all CPUs counted", () => {
  const perCpu = Buffer.alloc(16);
  perCpu.writeBigUInt64LE(3n, 0);
  perCpu.writeBigUInt64LE(4n, 8);
  const counters = sumCounters(
    MAP_COUNTER_NAMES.map(() => perCpu),
    5n,
  );
  expect(counters.ring_full).toBe(7n);
  expect(counters.recursion_misses).toBe(5n);
});
