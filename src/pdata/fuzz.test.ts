// Whatever the bytes, every reader gives a result or a MalformedError, in bounded time.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataFromBytes } from "./data.ts";
import { decodeLogs } from "./decode/logs.ts";
import { decodeMetrics } from "./decode/metrics.ts";
import { decodeTraces } from "./decode/traces.ts";
import { MalformedError } from "./protobuf/wire.ts";

const testdata = new URL("testdata/", import.meta.url);
const seeds = readdirSync(testdata)
  .filter((name) => name.endsWith(".bin"))
  .map((name) => readFileSync(new URL(name, testdata)));

const readers: readonly ((bytes: Uint8Array) => unknown)[] = [
  decodeTraces,
  decodeMetrics,
  decodeLogs,
  ...(["traces", "metrics", "logs"] as const).map((signal) => (bytes: Uint8Array) => {
    const data = dataFromBytes(signal, bytes);
    const parts = data.split(2);
    // What a split gives must hold what went in, or counting and splitting disagree.
    const items = parts.map((part) => dataFromBytes(signal, part.bytes()).itemCount);
    expect(items.reduce((sum, n) => sum + n, 0)).toBe(data.itemCount);
    return data.resourceCount;
  }),
];

/** Gives what the reader gives, or that it refused; anything else it throws is a failure. */
function tryReader(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): "read" | "refused" {
  try {
    read(bytes);
    return "read";
  } catch (error) {
    if (error instanceof MalformedError) return "refused";
    throw error;
  }
}

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe("readers of untrusted bytes", () => {
  it("read or refuse random bytes", () => {
    const random = generator(1);
    const seen = new Set<string>();
    for (let round = 0; round < 3000; round++) {
      const bytes = Uint8Array.from({ length: random(64) }, () => random(256));
      for (const read of readers) seen.add(tryReader(read, bytes));
    }
    expect(seen).toEqual(new Set(["read", "refused"]));
  });

  it("read or refuse real requests with bytes changed", () => {
    const random = generator(2);
    const seen = new Set<string>();
    for (let round = 0; round < 3000; round++) {
      const bytes = Buffer.from(seeds[random(seeds.length)]!);
      for (let changes = 1 + random(4); changes > 0; changes--) bytes[random(bytes.length)] = random(256);
      for (const read of readers) seen.add(tryReader(read, bytes));
    }
    expect(seen).toEqual(new Set(["read", "refused"]));
  });

  it("read or refuse every prefix of real requests", () => {
    for (const seed of seeds) {
      for (let length = 0; length < seed.length; length++) {
        for (const read of readers) tryReader(read, seed.subarray(0, length));
      }
    }
  });

  it("refuse a length that claims more than there is, without allocating it", () => {
    const claim = Buffer.from("0affffffff0f", "hex"); // field 1, 4 GiB - 1
    for (const read of readers) expect(tryReader(read, claim)).toBe("refused");
  });
});
