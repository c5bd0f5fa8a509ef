import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import { traces } from "../../../test/support/data.ts";
import { noQueueMetrics } from "../../../test/support/queue-metrics.ts";
import type { Extension } from "../../component/extension.ts";
import type { StorageClient, StorageExtension } from "../../component/storage.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { type Context, PermanentError } from "../../consumer/index.ts";
import { fileStorageConfig } from "../../extensions/file_storage/config.ts";
import { FileStorageExtension } from "../../extensions/file_storage/extension.ts";
import { Slabs, Traces } from "../../pdata/index.ts";
import { queueConfig, retryConfig } from "./config.ts";
import { type QueuedExporter, type Sender, toExporter } from "./exporter.ts";
import { SendingQueue } from "./queue.ts";
import type { QueueStore } from "./queue-store.ts";

const never = new AbortController().signal;
let directory: string;
let storage: StorageExtension;
let logger: LogRecorder;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "persistent-queue-"));
  storage = new FileStorageExtension(
    settings("file_storage"),
    parseConfig(fileStorageConfig, { directory, timeout: "100ms" }),
  );
  logger = new LogRecorder();
});
afterEach(async () => {
  await storage.shutdown(never);
  rmSync(directory, { recursive: true, force: true });
});

/** A host whose one extension is `extension`. */
function host(extension?: Extension): HostRecorder {
  return Object.assign(new HostRecorder(), {
    extension: (id: string) => (id === "file_storage" ? extension : undefined),
  });
}

/** What was sent, and in what context; `answer` decides. */
class Destination implements Sender<"traces"> {
  readonly capabilities = { mutatesData: false };
  readonly sent: number[] = [];
  readonly contexts: Context[] = [];
  answer: (data: Traces) => Promise<void> = async () => {};

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {}
  async consume(data: Traces, context: Context = {}): Promise<void> {
    this.sent.push(data.itemCount);
    this.contexts.push(context);
    await this.answer(data);
  }
}

const hang = () => new Promise<void>(() => {});
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
};

async function exporter(
  to: Destination,
  queue: object = {},
  retry?: object,
): Promise<QueuedExporter<"traces">> {
  const options = {
    settings: settings("otlp_grpc", logger),
    signal: "traces",
    queue: parseConfig(queueConfig, { storage: "file_storage", ...queue }),
    retry: retry && parseConfig(retryConfig, retry),
  } as const;
  const created = toExporter<"traces">(options, to);
  await created.start(host(storage));
  return created;
}

/** As after kill -9: nothing of the exporter runs on, and the file is closed without its knowing. */
async function crash(): Promise<void> {
  await storage.shutdown(never);
}

describe("a queue in a storage", () => {
  it("sends again, first, what was being sent when the process died, and then what waited", async () => {
    const dead = new Destination();
    dead.answer = hang;
    const before = await exporter(dead, { num_consumers: 2 });
    for (const count of [1, 2, 3, 4]) await before.consume(traces(count));
    await crash();
    const destination = new Destination();
    const after = await exporter(destination, { num_consumers: 1 });
    expect(after.stats?.size).toBe(4);
    await settle();
    expect(destination.sent).toEqual([1, 2, 3, 4]);
    expect(after.stats).toMatchObject({ size: 0, sentItems: 10 });
    await after.shutdown(never);
    const idle = new Destination();
    await (await exporter(idle)).shutdown(never);
    expect(idle.sent).toEqual([]);
  });

  it.each([undefined, { min_size: 0 }])(
    "may be sent in memory that is given back, with batch %j",
    async (batch) => {
      const destination = new Destination();
      destination.answer = async (data) => data.release();
      const queue = { sizer: "bytes", queue_size: 10_000, ...(batch && { batch }) };
      const created = await exporter(destination, queue);
      const slabs = new Slabs();
      for (const count of [3, 4]) {
        const { bytes, lease } = slabs.lend(traces(count).bytes());
        await created.consume(new Traces([bytes], count, [lease]));
      }
      await settle();
      expect(created.stats).toMatchObject({ size: 0, sentItems: 7 });
      await created.shutdown(never);
      const after = await exporter(destination, queue);
      expect(after.stats?.size).toBe(0);
      await after.shutdown(never);
    },
  );

  it("starts however much a former run has left", async () => {
    const indices = Array.from({ length: 200_000 }, (_, index) => index);
    const store = { open: async () => indices, read: hang } as unknown as QueueStore<"traces">;
    const queue = new SendingQueue(parseConfig(queueConfig, {}), logger, noQueueMetrics, new Destination());
    await queue.open(store);
    expect(queue.stats.size).toBe(200_000);
  });

  it("keeps who sent the data", async () => {
    const dead = new Destination();
    dead.answer = hang;
    const client = { address: "10.0.0.1", metadata: new Map([["x-tenant", ["a", "b"]]]) };
    const before = await exporter(dead);
    await before.consume(traces(1), { client });
    await before.consume(traces(2));
    await crash();
    const destination = new Destination();
    const after = await exporter(destination);
    await settle();
    expect(destination.contexts.map((context) => context.client)).toEqual([client, undefined]);
    await after.shutdown(never);
  });

  it.each([
    ["items", 10, 7],
    ["bytes", 100_000, traces(3).byteLength + traces(4).byteLength],
  ])("knows how much of its %s a former run has taken", async (sizer, queue_size, size) => {
    const dead = new Destination();
    dead.answer = hang;
    const before = await exporter(dead, { sizer, queue_size });
    await before.consume(traces(3));
    await before.consume(traces(4));
    await crash();
    const after = await exporter(dead, { sizer, queue_size });
    expect(after.stats?.size).toBe(size);
    if (sizer === "items") await expect(after.consume(traces(4))).rejects.toThrow("sending queue is full");
    await crash();
  });

  it("leaves at shutdown what is not sent, also what was about to be tried again", async () => {
    const down = new Destination();
    down.answer = async () => {
      throw new Error("down");
    };
    const before = await exporter(
      down,
      { num_consumers: 1 },
      { initial_interval: "1h", max_elapsed_time: "0s" },
    );
    for (const count of [1, 2]) await before.consume(traces(count));
    await settle();
    await before.shutdown(never);
    expect(before.stats).toMatchObject({ failedItems: 0 });
    expect(logger.records.filter(({ level }) => level === "error")).toEqual([]);
    const destination = new Destination();
    const after = await exporter(destination);
    await settle();
    expect(destination.sent).toEqual([1, 2]);
    await after.shutdown(never);
  });

  it("forgets what was refused for good", async () => {
    const picky = new Destination();
    picky.answer = async () => {
      throw new PermanentError("bad data");
    };
    const before = await exporter(picky);
    await before.consume(traces(3));
    await settle();
    expect(before.stats).toMatchObject({ size: 0, failedItems: 3 });
    await before.shutdown(never);
    const destination = new Destination();
    await (await exporter(destination)).shutdown(never);
    expect(destination.sent).toEqual([]);
  });

  it("sends in batches, and has each request until the last part of it is sent", async () => {
    const half = new Destination();
    const batch = { min_size: 5, max_size: 5, flush_timeout: "1h" };
    half.answer = async () => {
      if (half.sent.length > 1) await hang();
    };
    const before = await exporter(half, { batch, num_consumers: 2 });
    for (const count of [3, 4, 4]) await before.consume(traces(count));
    await settle();
    expect(half.sent).toEqual([5, 5]);
    await crash();
    const destination = new Destination();
    const after = await exporter(destination, { batch: { min_size: 0 } });
    await settle();
    expect(destination.sent.reduce((sum, count) => sum + count, 0)).toBe(8); // The 4 that were cut, and the 4 behind.
    await after.shutdown(never);
  });

  it("refuses what cannot be stored", async () => {
    const full: StorageClient = {
      get: async () => undefined,
      set: async () => {},
      delete: async () => {},
      batch: async () => {
        throw new Error("no space left on device");
      },
      close: async () => {},
    };
    storage = Object.assign(
      new FileStorageExtension(settings("x"), parseConfig(fileStorageConfig, { directory })),
      {
        getClient: async () => full,
      },
    );
    const created = await exporter(new Destination());
    await expect(created.consume(traces(3))).rejects.toThrow("no space left on device");
    expect(created.stats).toMatchObject({ size: 0, rejectedItems: 3 });
    await created.shutdown(never);
  });

  it("does not start without its storage", async () => {
    const options = { settings: settings("otlp_grpc"), signal: "traces", retry: undefined } as const;
    const queue = parseConfig(queueConfig, { storage: "file_storage" });
    const created = toExporter<"traces">({ ...options, queue }, new Destination());
    await expect(created.start(host())).rejects.toThrow("no storage client extension found");
    const other = { start: async () => {}, shutdown: async () => {} };
    await expect(created.start(host(other))).rejects.toThrow(
      "requested extension is not a storage extension",
    );
  });
});
