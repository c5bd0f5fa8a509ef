// Snapshots of the kernel's maps.
import type { BpfMap } from "../../native/libbpf.ts";
import type { MapSnapshot } from "./http-tap.ts";

/** Reads a whole map again and again into the same buffers, whose pages are only touched as far as there are entries. */
export class MapReader {
  readonly map: BpfMap;
  #keys: Buffer | undefined;
  #values: Buffer | undefined;

  constructor(map: BpfMap) {
    this.map = map;
  }

  read(): MapSnapshot {
    const { map } = this;
    this.#keys ??= Buffer.allocUnsafeSlow(map.keySize * map.maxEntries);
    this.#values ??= Buffer.allocUnsafeSlow(map.valueSize * map.maxEntries);
    const count = map.readAll(this.#keys, this.#values);
    return { count, keys: this.#keys, values: this.#values };
  }
}
