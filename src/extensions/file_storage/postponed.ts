// What to do about changes for which the disk has no room.
import type { StorageOperation } from "../../component/storage.ts";
import { encodeRecord } from "./record.ts";

/** More than this is not kept in memory. */
const MAX_VALUE_BYTES = 64 * 1024;

/**
 * Whether a batch may wait in memory: it makes room, and what it sets beside that is small. A crash before it is
 * written brings back what it deleted, which who deletes has to expect of a crash anyway.
 */
export function mayWait(operations: readonly StorageOperation[]): boolean {
  if (!operations.some(({ type }) => type === "delete")) return false;
  const sizes = operations.map((operation) => (operation.type === "set" ? operation.value.length : 0));
  return sizes.reduce((sum, size) => sum + size, 0) <= MAX_VALUE_BYTES;
}

/** Changes that are not in the file yet, the last one of each key. */
export class Postponed {
  /** Undefined for what is deleted. */
  readonly #changes = new Map<string, Uint8Array | undefined>();

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  has(key: string): boolean {
    return this.#changes.has(key);
  }

  get(key: string): Buffer | undefined {
    const value = this.#changes.get(key);
    return value && Buffer.from(value);
  }

  add(operation: StorageOperation): void {
    if (operation.type === "get") return;
    this.#changes.set(operation.key, operation.type === "set" ? operation.value : undefined);
  }

  /** All of them as one record; undefined when there are none. */
  record(): Buffer | undefined {
    return encodeRecord(
      [...this.#changes].map(([key, value]) =>
        value ? { type: "set", key, value } : { type: "delete", key },
      ),
    );
  }

  /** The same for a file that has nothing that could be deleted. */
  recordOfValues(): Buffer | undefined {
    return encodeRecord(
      [...this.#changes].flatMap(([key, value]) => (value ? [{ type: "set", key, value } as const] : [])),
    );
  }

  clear(): void {
    this.#changes.clear();
  }
}
