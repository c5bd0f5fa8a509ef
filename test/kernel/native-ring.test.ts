// Ring memory: records written by a program, read in place by RingReader, and memory that outlives its object.
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RingReader } from "../../src/ebpf/ring.ts";
import type { BpfObject } from "../../src/native/libbpf.ts";
import { describeBpf } from "../support/describe-bpf.ts";
import { args, load } from "../support/native.ts";

const PAGE = 4096;

/** Mappings of this process that are BPF maps. */
function mappings(): number {
  return readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .filter((line) => line.includes("bpf-map")).length;
}

/** Collects garbage until `done`, so that finalizers have run; gives up after a while. */
async function collectUntil(done: () => boolean, rounds: number = 50): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < rounds && !done(); round++) {
    collect();
    await setImmediate();
  }
}

/** What is mapped when garbage of earlier tests is gone. */
async function settledMappings(): Promise<number> {
  await collectUntil(() => false, 5);
  return mappings();
}

describeBpf("ring memory", () => {
  let object: BpfObject;
  let reader: RingReader;
  let counters: BigUint64Array;

  beforeAll(() => {
    object = load("ring");
    reader = new RingReader(object.map("records").ring());
    counters = new BigUint64Array(object.map("counters").memory());
  });
  afterAll(() => object.close());
  beforeEach(() => {
    reader.drain(() => {});
    counters.fill(0n);
  });

  /** Makes the program write records. */
  function write(count: number, length: number): void {
    expect(object.program("write_records").testRun(args(count, length))).toBe(0);
  }

  /** Sequence numbers and lengths of what is in the ring. */
  function drained(maxRecords?: number): [number, number][] {
    const records: [number, number][] = [];
    reader.drain((view, offset, length) => {
      expect(view.getUint32(offset + 4, true)).toBe(length);
      if (length > 8) expect(view.getUint8(offset + 8)).toBe(view.getUint32(offset, true) & 0xff);
      records.push([view.getUint32(offset, true), length]);
    }, maxRecords);
    return records;
  }

  test("has a page for each position and the data twice in a row", () => {
    const { consumer, producer, data } = object.map("records").ring();
    expect([consumer, producer, data].map((memory) => memory.byteLength)).toEqual([PAGE, PAGE, 2 * PAGE]);
    write(1, 32);
    expect(Buffer.from(data, 0, PAGE).equals(Buffer.from(data, PAGE, PAGE))).toBe(true);
  });

  test("gives records in the order and at the length they were written", () => {
    write(3, 8);
    write(2, 1024);
    write(1, 13);
    expect(drained()).toEqual([
      [0, 8],
      [1, 8],
      [2, 8],
      [3, 1024],
      [4, 1024],
      [5, 13],
    ]);
    expect(reader.pendingBytes).toBe(0);
    expect(drained()).toEqual([]);
  });

  test("gives every record whole, wherever it reaches over the end", () => {
    let sequence = 0;
    for (let round = 0; round < 500; round++) {
      const length = 8 + ((round * 37) % 1017);
      const count = Math.min(3, Math.floor(PAGE / (length + 16)));
      write(count, length);
      for (const record of drained()) expect(record).toEqual([sequence++, length]);
    }
    expect(sequence).toBeGreaterThan(1000);
    expect(counters[1]).toBe(0n);
  });

  test("is full until records are read, and loses none of those that were in", () => {
    write(64, 56); // 64 bytes each with its header: 4096, of which the kernel takes all or all but the last.
    const lost = Number(counters[1]);
    expect(lost).toBeLessThanOrEqual(1);
    write(5, 56);
    expect(Number(counters[1])).toBe(lost + 5);
    expect(drained().length).toBe(64 - lost);
    write(5, 56);
    expect(drained().map(([sequence]) => sequence)).toEqual([69, 70, 71, 72, 73]);
  });

  test("is read in portions", () => {
    write(10, 24);
    expect(drained(4).map(([sequence]) => sequence)).toEqual([0, 1, 2, 3]);
    expect(reader.pendingBytes).toBe(6 * 32);
    expect(drained(100).map(([sequence]) => sequence)).toEqual([4, 5, 6, 7, 8, 9]);
  });

  test("does not give what was discarded", () => {
    write(1, 16);
    expect(object.program("discard_record").testRun()).toBe(0);
    write(1, 16);
    expect(drained().map(([sequence]) => sequence)).toEqual([0, 1]);
    expect(reader.pendingBytes).toBe(0);
  });

  test("goes on where an earlier reader stopped", () => {
    write(4, 16);
    drained(2);
    const next = new RingReader(object.map("records").ring());
    const sequences: number[] = [];
    next.drain((view, offset) => sequences.push(view.getUint32(offset, true)));
    expect(sequences).toEqual([2, 3]);
    reader = next;
  });

  test("is only a ring's", () => {
    expect(() => object.map("counters").ring()).toThrow("map ring memory of counters: it is no ring: EINVAL");
  });
});

describeBpf("memory of a closed object", () => {
  test("stays readable until it is collected, then is unmapped", async () => {
    const before = await settledMappings();
    await (async () => {
      const object = load("ring");
      object.program("write_records").testRun(args(3, 16));
      const reader = new RingReader(object.map("records").ring());
      const counters = new BigUint64Array(object.map("counters").memory());
      expect(mappings()).toBe(before + 3);
      object.close();
      await collectUntil(() => mappings() < before + 3, 5);
      expect(mappings()).toBe(before + 3);
      expect(reader.drain(() => {})).toBe(3);
      expect(counters[0]).toBe(3n);
    })();
    await collectUntil(() => mappings() === before);
    expect(mappings()).toBe(before);
  });

  test("of the data alone stays readable, though the positions were collected", async () => {
    const object = load("ring");
    object.program("write_records").testRun(args(1, 16));
    const { data } = object.map("records").ring();
    object.close();
    await collectUntil(() => false, 5);
    expect(new DataView(data).getUint32(8 + 4, true)).toBe(16);
  });

  test("that nobody closed goes with its object", async () => {
    const before = await settledMappings();
    (() => load("ring").map("records").ring())();
    expect(mappings()).toBe(before + 2);
    await collectUntil(() => mappings() === before);
    expect(mappings()).toBe(before);
  });
});
