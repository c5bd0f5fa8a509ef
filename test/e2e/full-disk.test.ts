// What a file system without room for more makes of a queue on it. Needs root, to mount one.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseConfig } from "../../src/confmap/decode.ts";
import { fileExporterFactory } from "../../src/exporters/file/factory.ts";
import type { QueueConfig } from "../../src/exporters/helper/config.ts";
import { queueConfig } from "../../src/exporters/helper/config.ts";
import { SendingQueue } from "../../src/exporters/helper/queue.ts";
import { QueueStore } from "../../src/exporters/helper/queue-store.ts";
import { fileStorageConfig } from "../../src/extensions/file_storage/config.ts";
import { FileStorageExtension } from "../../src/extensions/file_storage/extension.ts";
import { decodeJson } from "../../src/pdata/json/decode.ts";
import { HostRecorder, LogRecorder, settings } from "../support/component.ts";
import { traces } from "../support/data.ts";
import { noQueueMetrics } from "../support/queue-metrics.ts";

let directory: string;
const cleanups: (() => Promise<void>)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "full-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory]);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  execFileSync("umount", [directory]);
  rmSync(directory, { recursive: true });
});

/** A backend that takes nothing until it is up, and keeps the counts of what it took. */
class Backend {
  readonly capabilities = { mutatesData: false };
  readonly taken: number[] = [];
  readonly #up = Promise.withResolvers<void>();

  async consume(data: { readonly itemCount: number }): Promise<void> {
    await this.#up.promise;
    this.taken.push(data.itemCount);
  }

  comeUp(): void {
    this.#up.resolve();
  }
}

async function queueOn(backend: Backend, logger: LogRecorder): Promise<SendingQueue<"traces">> {
  const storage = new FileStorageExtension(
    settings("file_storage", logger),
    parseConfig(fileStorageConfig, { directory }),
  );
  const config: QueueConfig = parseConfig(queueConfig, { queue_size: 100_000, storage: "file_storage" });
  const queue = new SendingQueue<"traces">(config, logger, noQueueMetrics, backend);
  await queue.open(new QueueStore(await storage.getClient("exporter", "out", "traces"), "traces"));
  cleanups.push(() => storage.shutdown());
  return queue;
}

describe.skipIf(process.getuid?.() !== 0)("a queue on a full disk", () => {
  it.each([1, 20])(
    "refuses what it cannot keep, sends what it has, and then takes more (%i spans)",
    async (spans) => {
      const backend = new Backend();
      const logger = new LogRecorder();
      const queue = await queueOn(backend, logger);
      let kept = 0;
      for (let refused = 0; refused < 3; ) {
        const failed = await queue.consume(traces(spans)).then(
          () => undefined,
          (error: Error) => error,
        );
        if (failed) expect(failed.message).toContain("ENOSPC");
        if (failed) refused++;
        else kept++;
      }
      expect(kept).toBeGreaterThan(100);
      backend.comeUp();
      await vi.waitFor(() => expect(queue.stats).toMatchObject({ size: 0 }), { timeout: 20_000 });
      expect(backend.taken).toHaveLength(kept);
      expect(logger.records.filter(({ message }) => message.startsWith("Failed to remove"))).toEqual([]);
      for (let more = 0; more < 50; more++) await queue.consume(traces(spans));
      await vi.waitFor(() => expect(backend.taken).toHaveLength(kept + 50), { timeout: 20_000 });
      await queue.drain(AbortSignal.timeout(5000));
      const again = new Backend();
      await (await queueOn(again, logger)).drain(AbortSignal.timeout(100));
      expect(again.taken).toEqual([]);
      expect(logger.records.map(({ message }) => message)).toContain(
        "No room to write what was removed: it is kept in memory until there is.",
      );
    },
  );
});

describe.skipIf(process.getuid?.() !== 0)("the file exporter on a full disk", () => {
  it.each([{}, { rotation: { max_megabytes: 1 } }])(
    "refuses what does not fit, leaves whole lines, and goes on when there is room (%j)",
    async (section) => {
      const path = join(directory, "out.json");
      const filler = join(directory, "filler");
      writeFileSync(filler, Buffer.alloc(600_000));
      const config = parseConfig(fileExporterFactory.config, { path, flush_interval: "10ms", ...section });
      const exporter = fileExporterFactory.create(settings("file"), config, "traces");
      await exporter.start(new HostRecorder());
      let kept = 0;
      const send = () => exporter.consume(traces(40));
      for (let failure: Error | undefined; !failure; ) {
        failure = await send().then(
          () => void kept++,
          (error: Error) => error,
        );
        if (failure) expect(failure.message).toContain("ENOSPC");
      }
      rmSync(filler);
      await send();
      await exporter.shutdown(AbortSignal.timeout(1000));
      const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
      expect(lines).toHaveLength(kept + 1);
      for (const line of lines) expect(decodeJson("traces", Buffer.from(line)).itemCount).toBe(40);
    },
  );
});
