// The addon's maps: single entries, whole maps in one call, values per CPU, memory in place, and what it refuses.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { BpfMap, BpfObject } from "../../src/native/libbpf.ts";
import { describeBpf } from "../support/describe-bpf.ts";
import { args, buffersFor, libbpf, load, MAP_TYPES, thrown, u32, u64 } from "../support/native.ts";

let object: BpfObject;

function opened(): void {
  beforeAll(() => {
    object = load("maps");
  });
  afterAll(() => object.close());
}

/** Gives the map the keys 0 to `entries`, each with its value made of it. */
function fill(map: BpfMap, entries: number, valueFor: (key: number) => Uint8Array): void {
  for (let key = 0; key < entries; key++) map.update(keyFor(map, key), valueFor(key));
}

function keyFor(map: BpfMap, key: number): Buffer {
  const bytes = Buffer.alloc(map.keySize);
  if (map.type === MAP_TYPES.lpmTrie) {
    bytes.writeUInt32LE(32); // Bits of the prefix.
    bytes.writeUInt32LE(key, 4);
  } else {
    bytes.writeUInt32LE(key);
  }
  return bytes;
}

/** What readAll or drainAll gave, by key. */
function entriesOf(map: BpfMap, method: "readAll" | "drainAll", room?: number): Map<string, string> {
  const { keys, values } = buffersFor(map, room);
  const count = map[method](keys, values);
  const entries = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const key = keys.toString("hex", i * map.keySize, (i + 1) * map.keySize);
    expect(entries.has(key), `key ${key} twice`).toBe(false);
    entries.set(key, values.toString("hex", i * map.valueSize, (i + 1) * map.valueSize));
  }
  return entries;
}

/** What the program that churns gives a key; both in hexadecimal. */
function churnedValue(key: string): string {
  const number = Buffer.from(key, "hex").readUInt32LE();
  return Buffer.concat([u64(number * 3), u32(~number >>> 0), u32(0)]).toString("hex");
}

describeBpf("one entry of a map", () => {
  opened();

  test("is updated, looked up and deleted", () => {
    const map = object.map("hash");
    const value = Buffer.alloc(16);
    expect(map.lookup(u32(1), value)).toBe(false);
    map.update(u32(1), Buffer.from("sixteen bytes, a"));
    expect(map.lookup(u32(1), value)).toBe(true);
    expect(value.toString()).toBe("sixteen bytes, a");
    expect(map.delete(u32(1))).toBe(true);
    expect(map.delete(u32(1))).toBe(false);
    expect(map.lookup(u32(1), value)).toBe(false);
  });

  test("is kept by noexist, and not made by exist", () => {
    const map = object.map("lru_hash");
    expect(thrown(() => map.update(u32(1), u64(1), "exist"))).toMatchObject({
      code: "ENOENT",
      message: "update map lru_hash: ENOENT: no such file or directory",
    });
    map.update(u32(1), u64(1), "noexist");
    expect(thrown(() => map.update(u32(1), u64(2), "noexist")).code).toBe("EEXIST");
    map.update(u32(1), u64(3), "exist");
    expect(() => map.update(u32(1), u64(4), "always" as never)).toThrow(
      "flags must be any, noexist or exist, not always",
    );
    const value = Buffer.alloc(8);
    map.lookup(u32(1), value);
    expect(value).toEqual(u64(3));
  });

  test("may be given as any view on memory", () => {
    const map = object.map("array");
    const memory = new ArrayBuffer(32);
    new BigUint64Array(memory, 8, 1)[0] = 0x0102030405060708n;
    map.update(Uint32Array.of(9) as never, new BigUint64Array(memory, 8, 1) as never);
    const value = new Uint16Array(memory, 16, 4);
    expect(map.lookup(new Int32Array([9]) as never, value as never)).toBe(true);
    expect([...value]).toEqual([0x0708, 0x0506, 0x0304, 0x0102]);
  });

  test("is refused with keys and values of the wrong size", () => {
    const map = object.map("hash");
    const value = Buffer.alloc(16);
    expect(() => map.lookup(Buffer.alloc(3), value)).toThrow(new RangeError("key has 3 bytes, must have 4"));
    expect(() => map.lookup(u32(1), Buffer.alloc(15))).toThrow("value has 15 bytes, must have 16");
    expect(() => map.lookup(u32(1), Buffer.alloc(17))).toThrow("value has 17 bytes, must have 16");
    expect(() => map.update(u64(1), value)).toThrow("key has 8 bytes, must have 4");
    expect(() => map.delete(Buffer.alloc(0))).toThrow("key has 0 bytes, must have 4");
    for (const wrong of [undefined, null, 1, "1", {}, new ArrayBuffer(4), new DataView(new ArrayBuffer(4))])
      expect(() => map.lookup(wrong as never, value)).toThrow("key must be a typed array or Buffer");
    const gone = new Uint8Array(new ArrayBuffer(4));
    structuredClone(gone, { transfer: [gone.buffer] });
    expect(() => map.lookup(gone, value)).toThrow("key has 0 bytes, must have 4");
  });

  test("is refused by name where the map is full or has no such place", () => {
    expect(thrown(() => object.map("array").update(u32(2000), u64(1)))).toMatchObject({
      code: "E2BIG",
      message: expect.stringMatching(/^update map array: E2BIG: /),
    });
    const small = load("maps", { maps: { odd_hash: { maxEntries: 1 } } });
    small.map("odd_hash").update(Buffer.alloc(16), Buffer.alloc(3));
    expect(thrown(() => small.map("odd_hash").update(Buffer.alloc(16, 1), Buffer.alloc(3))).code).toBe(
      "E2BIG",
    );
    small.close();
  });

  test("of an array can't be deleted", () => {
    expect(() => object.map("array").delete(u32(1))).toThrow("delete from map array: EINVAL");
  });
});

describeBpf("a whole map", () => {
  opened();

  for (const { name, entries, bytes } of [
    { name: "hash", entries: 5000, bytes: 16 },
    { name: "odd_hash", entries: 4999, bytes: 3 },
    { name: "trie", entries: 2500, bytes: 8 },
  ]) {
    test(`${name} is read in one call, again and again, and drained once`, () => {
      const map = object.map(name);
      fill(map, entries, (key) => Buffer.alloc(bytes, key % 251));
      const first = entriesOf(map, "readAll");
      expect(first.size).toBe(entries);
      for (const key of [0, 1, 1023, 1024, 2047, entries - 1])
        expect(first.get(keyFor(map, key).toString("hex"))).toBe(
          Buffer.alloc(bytes, key % 251).toString("hex"),
        );
      expect(entriesOf(map, "readAll")).toEqual(first);
      expect(entriesOf(map, "drainAll")).toEqual(first);
      expect(entriesOf(map, "drainAll").size).toBe(0);
      expect(entriesOf(map, "readAll").size).toBe(0);
    });
  }

  test("that is an array gives every place, and can't be drained", () => {
    const map = object.map("array");
    map.update(u32(1999), u64(5));
    const entries = entriesOf(map, "readAll");
    expect(entries.size).toBe(2000);
    expect(entries.get(u32(1999).toString("hex"))).toBe(u64(5).toString("hex"));
    expect(() => entriesOf(map, "drainAll")).toThrow("remove what was read from map array: EINVAL");
  });

  test("that forgets keeps the latest entries", () => {
    const map = object.map("lru_hash");
    fill(map, 6000, u64);
    const entries = entriesOf(map, "drainAll");
    expect(entries.size).toBeGreaterThan(1024);
    expect(entries.size).toBeLessThanOrEqual(2048);
    for (const [key, value] of entries) expect(value.slice(0, 8)).toBe(key);
    expect(entries.has(u32(5999).toString("hex"))).toBe(true);
  });

  test("is read as far as the buffers reach, and what was not read stays", () => {
    const map = object.map("hash");
    fill(map, 3000, () => Buffer.alloc(16, 1));
    for (const room of [0, 1, 7, 1000, 1025, 2999])
      expect(entriesOf(map, "readAll", room).size).toBeLessThanOrEqual(room);
    expect(entriesOf(map, "readAll", 2999).size).toBeGreaterThan(2900);
    const guarded = Buffer.alloc(100 * 16 + 8, 0xee);
    const count = map.readAll(Buffer.alloc(100 * 4), guarded.subarray(0, 100 * 16));
    expect(count).toBeGreaterThan(0);
    expect(guarded.subarray(100 * 16)).toEqual(Buffer.alloc(8, 0xee));
    const part = entriesOf(map, "drainAll", 1200);
    const rest = entriesOf(map, "drainAll");
    expect(part.size).toBeGreaterThan(1000);
    expect(part.size + rest.size).toBe(3000);
    for (const key of part.keys()) expect(rest.has(key)).toBe(false);
  });

  test("read one key after the other stops at the buffers' end too", () => {
    const map = object.map("trie");
    fill(map, 10, u64);
    expect(entriesOf(map, "readAll", 4).size).toBeLessThanOrEqual(4);
    const part = entriesOf(map, "drainAll", 4);
    expect(part.size).toBe(4);
    expect(entriesOf(map, "drainAll").size).toBe(6);
  });

  test("takes as many entries as the smaller buffer", () => {
    const map = object.map("percpu_array");
    expect(map.readAll(Buffer.alloc(4 * 4), Buffer.alloc(map.valueSize * 2 + 1))).toBe(2);
    expect(map.readAll(Buffer.alloc(7), Buffer.alloc(map.valueSize * 4))).toBe(1);
    expect(() => map.readAll("keys" as never, Buffer.alloc(8))).toThrow(
      "keys must be a typed array or Buffer",
    );
    expect(() => map.readAll(Buffer.alloc(8), undefined as never)).toThrow(
      "values must be a typed array or Buffer",
    );
  });

  test("is not there where a map has no entries to read", () => {
    for (const name of ["ring", "stack"]) {
      const map = object.map(name);
      expect(() => map.readAll(Buffer.alloc(64), Buffer.alloc(64)), name).toThrow(
        `read map ${name}: it has no entries: EINVAL`,
      );
      expect(() => map.drainAll(Buffer.alloc(64), Buffer.alloc(64)), name).toThrow("EINVAL");
    }
  });

  test("that programs change meanwhile gives no entry twice and none torn", async () => {
    const map = object.map("churned");
    const link = object.program("churn").attach();
    const busy = new Worker("for (;;) require('node:fs').statSync('/')", { eval: true });
    await once(busy, "online");
    let seen = 0;
    for (let round = 0; round < 60; round++) {
      const entries = entriesOf(map, round % 4 ? "readAll" : "drainAll");
      expect([...entries].filter(([key, value]) => value !== churnedValue(key))).toEqual([]);
      seen += entries.size;
      await setImmediate();
    }
    link.close();
    await busy.terminate();
    expect(seen).toBeGreaterThan(60);
    const { size } = entriesOf(map, "drainAll"); // At rest: exact again.
    expect(size).toBeLessThanOrEqual(map.maxEntries);
    expect(entriesOf(map, "readAll").size).toBe(0);
  });
});

describeBpf("a value per CPU", () => {
  const cpus = libbpf.possibleCpus();
  opened();

  test("takes 8 bytes for each possible CPU, however small it is", () => {
    expect(object.map("percpu_array").valueSize).toBe(8 * cpus);
    expect(object.map("percpu_hash").valueSize).toBe(8 * cpus);
    const possible = readFileSync("/sys/devices/system/cpu/possible", "utf8").trim();
    expect(cpus).toBe(Number(possible.split("-").at(-1)) + 1);
  });

  test("is what the program counted on the CPU it ran on", () => {
    const map = object.map("percpu_array");
    const expected = new Array(cpus).fill(0n);
    for (let amount = 1; amount < 50; amount++) {
      const cpu = object.program("count_on_cpu").testRun(args(amount, 2));
      expected[cpu] += BigInt(amount);
    }
    const value = new BigUint64Array(cpus);
    expect(map.lookup(u32(2), new Uint8Array(value.buffer))).toBe(true);
    expect([...value]).toEqual(expected);
  });

  test("is written for every CPU at once", () => {
    const map = object.map("percpu_array");
    const value = BigUint64Array.from({ length: cpus }, (_, cpu) => BigInt(cpu) << 40n);
    map.update(u32(3), new Uint8Array(value.buffer));
    const read = new BigUint64Array(cpus);
    map.lookup(u32(3), new Uint8Array(read.buffer));
    expect(read).toEqual(value);
    expect(() => map.update(u32(3), u64(1))).toThrow(cpus === 1 ? "" : `must have ${8 * cpus}`);
  });

  test("is read and drained with its whole map", () => {
    const map = object.map("percpu_hash");
    const expected = new Map<number, number>();
    for (let key = 100; key < 2100; key++) {
      object.program("count_on_cpu").testRun(args(key * 7, key));
      expected.set(key, key * 7);
    }
    const entries = entriesOf(map, "drainAll");
    for (const [key, value] of entries) {
      const sums = new Uint32Array(Uint8Array.from(Buffer.from(value, "hex")).buffer);
      let sum = 0;
      for (let cpu = 0; cpu < cpus; cpu++) sum += sums[cpu * 2] ?? 0;
      const number = Buffer.from(key, "hex").readUInt32LE();
      if (expected.has(number)) expect(sum).toBe(expected.get(number));
      expected.delete(number);
    }
    expect(expected.size).toBe(0);
    expect(entriesOf(map, "readAll").size).toBe(0);
  });

  test("in an array is read for all places, whether the kernel has batches for it or not", () => {
    const map = object.map("percpu_array");
    map.update(u32(1), Buffer.alloc(map.valueSize, 1));
    const entries = entriesOf(map, "readAll");
    expect(entries.size).toBe(4);
    expect(entries.get(u32(1).toString("hex"))).toBe("01".repeat(map.valueSize));
  });
});

describeBpf("a map's memory", () => {
  opened();

  test("is seen and changed in place, by both sides", () => {
    const map = object.map("mapped_array");
    const memory = map.memory();
    expect(memory.byteLength).toBe(16 * 1000);
    const words = new Uint32Array(memory);
    words[4 * 999 + 1] = 0xabcd;
    expect(object.program("write_mapped").testRun(args(77, 999))).toBe(0xabcd);
    expect(words[4 * 999 + 2]).toBe(77);
    const value = Buffer.alloc(12);
    map.lookup(u32(999), value);
    expect(value.readUInt32LE(8)).toBe(77);
  });

  test("is refused where the map does not offer it", () => {
    for (const name of ["array", "hash", "percpu_array", "ring"])
      expect(() => object.map(name).memory(), name).toThrow(
        /^map the memory of \w+: (EINVAL|ENOTSUPP|EPERM): /,
      );
  });

  test("is charged for, and told in bytes", () => {
    expect(object.map("array").memlockBytes()).toBeGreaterThanOrEqual(8 * 2000);
    const large = load("maps", { maps: { array: { maxEntries: 100_000 } } });
    expect(large.map("array").memlockBytes()).toBeGreaterThanOrEqual(8 * 100_000);
    large.close();
  });
});
