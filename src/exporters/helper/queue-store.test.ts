import { expect, it } from "vitest";
import { traces } from "../../../test/support/data.ts";
import type { StorageClient } from "../../component/storage.ts";
import { QueueStore } from "./queue-store.ts";

/** A storage in memory that can be full. */
class Memory implements StorageClient {
  readonly values = new Map<string, Buffer>();
  full = false;

  async get(key: string): Promise<Buffer | undefined> {
    return this.values.get(key);
  }
  async set(key: string, value: Uint8Array): Promise<void> {
    await this.batch([{ type: "set", key, value }]);
  }
  async delete(key: string): Promise<void> {
    await this.batch([{ type: "delete", key }]);
  }
  batch: StorageClient["batch"] = async (operations) => {
    if (this.full) throw new Error("no space left on device");
    for (const operation of operations) {
      if (operation.type === "set") this.values.set(operation.key, Buffer.from(operation.value));
      else this.values.delete(operation.key);
    }
    return [];
  };
  async close(): Promise<void> {}
}

const request = { data: traces(1), client: undefined };

it("forgets requests that found the disk full", async () => {
  const memory = new Memory();
  const store = new QueueStore(memory, "traces");
  await store.open();
  memory.full = true;
  for (let tries = 0; tries < 100; tries++) await expect(store.put(request)).rejects.toThrow("no space left");
  memory.full = false;
  const index = await store.put(request);
  expect(await new QueueStore(memory, "traces").open()).toEqual([index]);
  store.dispatch(index);
  await store.remove(index, { items: 1, bytes: request.data.byteLength });
  expect(await new QueueStore(memory, "traces").open()).toEqual([]);
});
