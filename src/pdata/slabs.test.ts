import { expect, test } from "vitest";
import { traces } from "../../test/support/data.ts";
import { concatData, Traces } from "./data.ts";
import { type LentBytes, Slabs } from "./slabs.ts";

const KIB = 1024;

/** Lends `bytes` bytes of one value. */
function lend(slabs: Slabs, value: number, bytes = 100 * KIB): LentBytes {
  return slabs.lend(Buffer.alloc(bytes, value));
}

/** Spans in memory of `slabs`. */
function lentTraces(slabs: Slabs, spans = 2): Traces {
  const { bytes, lease } = slabs.lend(traces(spans).bytes());
  return new Traces([bytes], spans, [lease]);
}

/** Whether the memory is lent to others now, or may be. */
function isDetached({ bytes }: LentBytes): boolean {
  return bytes.buffer.byteLength === 0;
}

test("lends copies, one behind the other in the same memory", () => {
  const slabs = new Slabs();
  const source = Buffer.from("first");
  const first = slabs.lend(source);
  source.fill(0);
  const second = slabs.lend(Buffer.from("second"));
  expect([`${first.bytes}`, `${second.bytes}`]).toEqual(["first", "second"]);
  expect(second.bytes.buffer).toBe(first.bytes.buffer);
  expect(second.bytes.byteOffset).toBe(first.bytes.byteOffset + 5);
});

test("uses memory again only when all that was lent of it is back", () => {
  const slabs = new Slabs();
  const lent = [1, 2, 3].map((value) => lend(slabs, value)); // the third begins a second slab
  lent[0]!.lease.release();
  expect(isDetached(lent[1]!)).toBe(false);
  expect(lent[1]!.bytes.every((byte) => byte === 2)).toBe(true);
  lent[1]!.lease.release();
  expect(lent.map(isDetached)).toEqual([true, true, false]);
  lend(slabs, 4);
  lend(slabs, 5); // in the first slab's memory
  expect(lent[2]!.bytes.every((byte) => byte === 3)).toBe(true);
});

test("leaves nothing to read of bytes that were given back", () => {
  const slabs = new Slabs();
  const lent = lend(slabs, 7);
  lent.lease.release();
  lend(slabs, 8);
  expect(lent.bytes.length).toBe(0);
});

test("lends what is larger than a slab", () => {
  const slabs = new Slabs();
  const large = lend(slabs, 1, 1000 * KIB);
  const next = lend(slabs, 2);
  expect(large.bytes.length).toBe(1000 * KIB);
  large.lease.release();
  expect([isDetached(large), isDetached(next)]).toEqual([true, false]);
});

test("is unharmed by memory that never comes back, and by trimming", () => {
  const slabs = new Slabs();
  const kept = Array.from({ length: 100 }, (_, i) => lend(slabs, i));
  for (const [i, { lease }] of kept.entries()) if (i % 3 > 0) lease.release();
  for (let i = 0; i < 50; i++) slabs.trim();
  for (const [i, { bytes }] of kept.entries())
    if (i % 3 === 0) expect(bytes.every((byte) => byte === i)).toBe(true);
});

test("keeps memory for the next who need it, and lets go of what nobody has needed between two trims", () => {
  const slabs = new Slabs();
  const use = (pieces: number) => {
    const lent = Array.from({ length: pieces }, (_, i) => lend(slabs, i, 200 * KIB));
    for (const { lease } of lent) lease.release();
  };
  use(10);
  slabs.trim();
  expect(slabs.freeSlabs).toBe(9); // one is begun
  use(4);
  slabs.trim();
  expect(slabs.freeSlabs).toBe(3);
  slabs.trim();
  expect(slabs.freeSlabs).toBe(0);
});

test("data gives back what it was lent when its last owner releases it", () => {
  const slabs = new Slabs();
  const parts = [lentTraces(slabs), lentTraces(slabs, 3)];
  const joined = concatData("traces", parts);
  for (const part of parts) part.release(); // it is theirs no more
  expect(Buffer.from(joined.bytes())).toEqual(Traces.concat(traces(2), traces(3)).bytes());
  expect(joined.knownItemCount).toBe(5);
  joined.release();
  joined.release();
  expect(() => joined.bytes()).toThrow("use traces whose memory was given back");
  expect(joined.itemCount).toBe(5);
});

test("data says how many items it had after it was released", () => {
  const { bytes, lease } = new Slabs().lend(traces(4).bytes());
  const data = new Traces([bytes], undefined, [lease]);
  data.release();
  expect(data.itemCount).toBe(4);
});

test.each<[string, (data: Traces) => Traces]>([
  ["clone", (data) => data.clone()],
  ["split", (data) => data.split(1)[0]!],
])("data that %s gave its bytes to others does not give them back", (_, other) => {
  const slabs = new Slabs();
  const data = lentTraces(slabs);
  const others = other(data);
  const before = Buffer.from(others.bytes());
  data.release();
  others.release();
  lentTraces(slabs, 5);
  expect(others.bytes()).toEqual(before);
  expect(data.bytes()).toEqual(traces(2).bytes());
});

test("data that stays for long has memory of its own, and keeps no slab", () => {
  const slabs = new Slabs();
  const data = lentTraces(slabs);
  const { bytes: lent } = slabs.lend(Buffer.of(7));
  const before = Buffer.from(data.bytes());
  data.keep();
  expect(data.chunks[0]!.buffer.byteLength).toBe(before.length);
  data.release();
  expect(Buffer.from(data.bytes())).toEqual(before);
  expect(lent).toEqual(Buffer.of(7)); // What a try that was given up may still read is not given back either.
  const own = data.chunks;
  data.keep();
  expect(data.chunks).toBe(own);
});
