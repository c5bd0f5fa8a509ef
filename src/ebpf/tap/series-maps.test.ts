import { expect, test } from "vitest";
import type { BpfMap } from "../../native/libbpf.ts";
import { http_near_series, http_series, http_series_key } from "../layouts.gen.ts";
import { SeriesMaps } from "./series-maps.ts";

const KEY = http_series_key.size;

function keyOf(tgid: number): Buffer {
  const key = Buffer.alloc(KEY);
  key.writeUInt32LE(tgid, http_series_key.tgid);
  return key;
}

/** A map of the kernel with these entries, and what was done to it. */
function mapOf(keys: readonly Buffer[], values: readonly Buffer[]) {
  const done: string[] = [];
  const map = {
    keySize: keys[0]!.length,
    valueSize: values[0]!.length,
    maxEntries: keys.length,
    readAll(intoKeys: Buffer, intoValues: Buffer) {
      Buffer.concat(keys).copy(intoKeys);
      Buffer.concat(values).copy(intoValues);
      return keys.length;
    },
    memory: () => new Uint8Array(Buffer.concat(values)).buffer,
    update: (key: Buffer, value: Buffer) => done.push(`free ${key.readUInt32LE(0)} ${value.some(Boolean)}`),
    delete: (key: Buffer) => done.push(`delete ${key.readUInt32LE(http_series_key.tgid)}`),
  };
  return { map: map as unknown as BpfMap, done };
}

function place(tgid: number, sumNs: number, ready: number): Buffer {
  const value = Buffer.alloc(http_near_series.size);
  value.writeUInt32LE(ready, http_near_series.ready);
  keyOf(tgid).copy(value, http_near_series.key);
  value.writeUInt32LE(sumNs, http_near_series.value + http_series.duration_sum_ns);
  return value;
}

function maps() {
  const places = [place(0, 0, 0), place(11, 110, 1), place(12, 120, 0), place(13, 130, 1)];
  const near = mapOf(
    places.map((_, i) => Buffer.from(Uint32Array.of(i).buffer)),
    places,
  );
  const value = Buffer.alloc(http_series.size);
  value.writeUInt32LE(990, http_series.duration_sum_ns);
  const far = mapOf([keyOf(99)], [value]);
  return { series: new SeriesMaps(near.map, far.map), near, far };
}

test("reads the series of both maps, without places that are free or being claimed", () => {
  const { count, keys, values } = maps().series.read();
  const read = Array.from({ length: count }, (_, i) => [
    keys.readUInt32LE(i * KEY + http_series_key.tgid),
    values.readUInt32LE(i * http_series.size + http_series.duration_sum_ns),
  ]);
  expect(read).toEqual([
    [99, 990],
    [11, 110],
    [13, 130],
  ]);
});

test("frees the place of a series, or deletes it where it has none", () => {
  const { series, near, far } = maps();
  series.delete(keyOf(13));
  series.delete(keyOf(99));
  expect(near.done).toEqual(["free 3 false"]);
  expect(far.done).toEqual(["delete 99"]);
});
