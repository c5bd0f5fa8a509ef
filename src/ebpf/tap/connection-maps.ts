// The kernel's connections, which are in two maps (bpf/http_near.bpf.h), as one.
import type { BpfMap } from "../../native/libbpf.ts";
import { http_conn } from "../layouts.gen.ts";
import type { MapSnapshot } from "./http-tap.ts";

const NO_KEYS = Buffer.alloc(0);

/** Reads `near`, in place, and `far`. The snapshot has no keys: a connection says itself what it is. */
export class ConnectionMaps {
  readonly #near: Buffer;
  readonly #places: number;
  readonly #far: BpfMap;
  readonly #keys: Buffer;
  /** Its pages are only touched as far as there are connections. */
  readonly #values: Buffer;

  constructor(near: BpfMap, far: BpfMap) {
    this.#near = Buffer.from(near.memory());
    this.#places = near.maxEntries;
    this.#far = far;
    this.#keys = Buffer.allocUnsafeSlow(far.keySize * far.maxEntries);
    this.#values = Buffer.allocUnsafeSlow(http_conn.size * (near.maxEntries + far.maxEntries));
  }

  read(): MapSnapshot {
    let count = this.#far.readAll(this.#keys, this.#values);
    for (let i = 0; i < this.#places; i++) {
      const at = i * http_conn.size;
      if (this.#near.readUInt32LE(at + http_conn.claims) === 0) continue;
      this.#near.copy(this.#values, count * http_conn.size, at, at + http_conn.size);
      count++;
    }
    return { count, keys: NO_KEYS, values: this.#values };
  }
}
