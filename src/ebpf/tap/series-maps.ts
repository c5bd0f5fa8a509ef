// The kernel's series, which are in two maps (bpf/http_near.bpf.h), as one.
import type { BpfMap } from "../../native/libbpf.ts";
import { http_near_series, http_series, http_series_key } from "../layouts.gen.ts";
import type { MapSnapshot } from "./http-tap.ts";

const KEY = http_near_series.key;
const VALUE = http_near_series.value;

/** Reads `near`, in place, and `far`. No key is in both. */
export class SeriesMaps {
  readonly #nearMap: BpfMap;
  readonly #near: Buffer;
  readonly #far: BpfMap;
  readonly #keys: Buffer;
  readonly #values: Buffer;
  readonly #place: Buffer = Buffer.alloc(4);
  readonly #free: Buffer = Buffer.alloc(http_near_series.size);

  constructor(near: BpfMap, far: BpfMap) {
    const entries = near.maxEntries + far.maxEntries;
    this.#nearMap = near;
    this.#near = Buffer.from(near.memory());
    this.#far = far;
    this.#keys = Buffer.allocUnsafeSlow(http_series_key.size * entries);
    this.#values = Buffer.allocUnsafeSlow(http_series.size * entries);
  }

  read(): MapSnapshot {
    let count = this.#far.readAll(this.#keys, this.#values);
    for (let i = 0; i < this.#nearMap.maxEntries; i++) {
      const at = i * http_near_series.size;
      if (!isReady(this.#near, at)) continue;
      const key = at + KEY;
      const value = at + VALUE;
      this.#near.copy(this.#keys, count * http_series_key.size, key, key + http_series_key.size);
      this.#near.copy(this.#values, count * http_series.size, value, value + http_series.size);
      count++;
    }
    return { count, keys: this.#keys, values: this.#values };
  }

  /** Removes a series. Its process has ended: nobody counts in it any more. */
  delete(key: Uint8Array): void {
    for (let i = 0; i < this.#nearMap.maxEntries; i++) {
      const at = i * http_near_series.size;
      if (!isReady(this.#near, at) || this.#near.compare(key, 0, key.length, at + KEY, at + VALUE) !== 0)
        continue;
      this.#place.writeUInt32LE(i);
      this.#nearMap.update(this.#place, this.#free);
      return;
    }
    this.#far.delete(key);
  }
}

function isReady(values: Buffer, at: number): boolean {
  return values.readUInt32LE(at + http_near_series.ready) !== 0;
}
