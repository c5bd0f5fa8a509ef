// Maps of the kernel in a recording: of series, what changed since the last time; of connections, those in use.
import { http_conn } from "../layouts.gen.ts";
import type { MapSnapshot } from "../tap/http-tap.ts";

/** The count, and zeros that align what follows. */
const COUNT_BYTES = 8;
/** HTTP_VERDICT_HTTP1 of enum http_verdict (bpf/http.h). */
const VERDICT_HTTP1 = 1;

/** Finds the entries of a map that are not as they were the last time. */
export class ChangedEntries {
  readonly #keyBytes: number;
  readonly #valueBytes: number;
  readonly #last: Map<string, Buffer> = new Map();

  constructor(keyBytes: number, valueBytes: number) {
    this.#keyBytes = keyBytes;
    this.#valueBytes = valueBytes;
  }

  /** The payload of a frame, in parts; valid as long as the snapshot. */
  take({ count, keys, values }: MapSnapshot): readonly Buffer[] {
    const changedKeys: Buffer[] = [];
    const changedValues: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      const key = keys.subarray(i * this.#keyBytes, (i + 1) * this.#keyBytes);
      const value = values.subarray(i * this.#valueBytes, (i + 1) * this.#valueBytes);
      if (!this.#hasChanged(key.toString("latin1"), value)) continue;
      changedKeys.push(key);
      changedValues.push(value);
    }
    return [countOf(changedKeys.length), Buffer.concat(changedKeys), Buffer.concat(changedValues)];
  }

  /** The entry was removed: where it comes again, it begins at zero. */
  forget(key: Uint8Array): void {
    this.#last.delete(Buffer.from(key).toString("latin1"));
  }

  #hasChanged(name: string, value: Buffer): boolean {
    const last = this.#last.get(name);
    if (last?.equals(value)) return false;
    if (last) value.copy(last);
    else this.#last.set(name, Buffer.from(value));
    return true;
  }
}

/** A map again, from the entries that changed in it. */
export class MergedEntries {
  readonly #keyBytes: number;
  readonly #valueBytes: number;
  readonly #entries: Map<string, Buffer> = new Map();

  constructor(keyBytes: number, valueBytes: number) {
    this.#keyBytes = keyBytes;
    this.#valueBytes = valueBytes;
  }

  /** Takes the payload of a frame. Throws on one that is too short. */
  merge(payload: Buffer): void {
    const { count, keys, values } = parseSnapshot(payload, this.#keyBytes, this.#valueBytes);
    for (let i = 0; i < count; i++) {
      const name = keys.toString("latin1", i * this.#keyBytes, (i + 1) * this.#keyBytes);
      this.#entries.set(name, Buffer.from(values.subarray(i * this.#valueBytes, (i + 1) * this.#valueBytes)));
    }
  }

  delete(key: Uint8Array): void {
    this.#entries.delete(Buffer.from(key).toString("latin1"));
  }

  read(): MapSnapshot {
    const keys = [...this.#entries.keys()].map((name) => Buffer.from(name, "latin1"));
    return {
      count: keys.length,
      keys: Buffer.concat(keys),
      values: Buffer.concat([...this.#entries.values()]),
    };
  }
}

/** The payload of a frame with the connections that have requests under way. Their keys are addresses in the kernel. */
export function connectionsInUse({ count, values }: MapSnapshot): readonly Buffer[] {
  const inUse: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const connection = values.subarray(i * http_conn.size, (i + 1) * http_conn.size);
    const isHttp = connection.readUInt8(http_conn.verdict) === VERDICT_HTTP1;
    if (isHttp && connection.readUInt32LE(http_conn.open) > 0) inUse.push(connection);
  }
  return [countOf(inUse.length), Buffer.concat(inUse)];
}

/** Reads the payload of a frame; `keyBytes` is 0 where it has values alone. Throws on one that is too short. */
export function parseSnapshot(payload: Buffer, keyBytes: number, valueBytes: number): MapSnapshot {
  const count = payload.readUInt32LE(0);
  const valuesAt = COUNT_BYTES + count * keyBytes;
  const end = valuesAt + count * valueBytes;
  if (end > payload.length)
    throw new RangeError(`a snapshot of ${count} entries has ${payload.length} bytes`);
  return { count, keys: payload.subarray(COUNT_BYTES, valuesAt), values: payload.subarray(valuesAt, end) };
}

function countOf(count: number): Buffer {
  const bytes = Buffer.alloc(COUNT_BYTES);
  bytes.writeUInt32LE(count);
  return bytes;
}
