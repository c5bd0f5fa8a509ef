import { expect, test } from "vitest";
import { chooseMapSizes, MAP_MEMORY_BYTES, type MapShape, mapBytes } from "./memory.ts";

const HASH = 1;
const PER_CPU_ARRAY = 6;
const LRU_HASH = 9;
const RING = 27;

/** The large maps of bpf/http.bpf.c, on a machine with `cpus` CPUs. */
function httpMaps(cpus: number): MapShape[] {
  return [
    { name: "events", type: RING, keySize: 0, valueSize: 0, maxEntries: 1 << 21 },
    { name: "target_events", type: RING, keySize: 0, valueSize: 0, maxEntries: 1 << 16 },
    { name: "connections", type: LRU_HASH, keySize: 8, valueSize: 360, maxEntries: 16_384 },
    { name: "captures", type: LRU_HASH, keySize: 16, valueSize: 1696, maxEntries: 2048 },
    { name: "partial_heads", type: LRU_HASH, keySize: 16, valueSize: 512, maxEntries: 512 },
    { name: "series", type: HASH, keySize: 32, valueSize: 120, maxEntries: 4096 },
    { name: "sizes", type: HASH, keySize: 32, valueSize: 192, maxEntries: 1 },
    { name: "targets", type: LRU_HASH, keySize: 24, valueSize: 4, maxEntries: 8192 },
    { name: "client_edges", type: LRU_HASH, keySize: 8, valueSize: 4, maxEntries: 4096 },
    { name: "processes", type: HASH, keySize: 4, valueSize: 8, maxEntries: 16_384 },
    { name: "pending_calls", type: LRU_HASH, keySize: 8, valueSize: 16, maxEntries: 4096 },
    { name: "scratches", type: PER_CPU_ARRAY, keySize: 4, valueSize: 4832 * cpus, maxEntries: 5 },
  ];
}

const needs = { spans: true, bodySizes: false, processSelectors: false, pendingCalls: false };

test.each([1, 2, 4, 16, 64, 128])("keeps all maps inside the budget with %d CPUs, whatever is on", (cpus) => {
  for (const bodySizes of [false, true])
    for (const processSelectors of [false, true])
      for (const pendingCalls of [false, true]) {
        const { bytes } = chooseMapSizes(httpMaps(cpus), {
          cpus,
          spans: true,
          bodySizes,
          processSelectors,
          pendingCalls,
        });
        expect(bytes).toBeLessThanOrEqual(MAP_MEMORY_BYTES);
      }
});

test("gives each CPU a shard of its own, up to eight, by powers of two", () => {
  const shards = [1, 2, 3, 6, 8, 128].map(
    (cpus) => chooseMapSizes(httpMaps(cpus), { ...needs, cpus }).shards,
  );
  expect(shards).toEqual([1, 2, 2, 4, 8, 8]);
});

test("makes room for body sizes only where they are on, one for each series", () => {
  const off = chooseMapSizes(httpMaps(2), { ...needs, cpus: 2 }).maxEntries;
  const on = chooseMapSizes(httpMaps(2), { ...needs, cpus: 2, bodySizes: true }).maxEntries;
  expect(off.sizes).toBe(1);
  expect(on.sizes).toBe(on.series);
});

test("keeps next to nothing for spans where there are none", () => {
  const { maxEntries, bytes } = chooseMapSizes(httpMaps(2), { ...needs, cpus: 2, spans: false });
  expect(maxEntries).toMatchObject({ events: 4096, captures: 1, client_edges: 64 });
  expect(bytes).toBeLessThan(12 << 20);
});

test("counts an element's header and the buckets' heads of a hash", () => {
  const map = { name: "m", type: HASH, keySize: 4, valueSize: 12, maxEntries: 1000 };
  expect(mapBytes(map, 2)).toBe((48 + 8 + 16) * 1002 + 16 * 1024);
});
