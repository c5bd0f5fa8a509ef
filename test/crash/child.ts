// An exporter with its queue on disk, fed until it is killed. Each item it accepted is named on standard output, one a
// line, once `consume` has resolved. Without items to offer it sends what is left and exits.
import { writeSync } from "node:fs";
import { parseConfig } from "../../src/confmap/decode.ts";
import type { QueuedExporter } from "../../src/exporters/helper/exporter.ts";
import { otlpHttpExporterFactory } from "../../src/exporters/otlp_http/factory.ts";
import { fileStorageExtensionFactory } from "../../src/extensions/file_storage/factory.ts";
import { Traces } from "../../src/pdata/index.ts";
import { Writer } from "../../src/pdata/protobuf/writer.ts";
import { HostRecorder, settings } from "../support/component.ts";
import type { ChildOptions } from "./options.ts";

const { directory, endpoint, queue, from, items } = JSON.parse(process.argv[2]!) as ChildOptions;
/** How many items are offered at a time. */
const OFFERING = 4;
const MAX_PADDING = 20_000;

const storageConfig = parseConfig(fileStorageExtensionFactory.config, { directory, timeout: "10s" });
const storage = fileStorageExtensionFactory.create(settings("file_storage"), storageConfig);
const host = Object.assign(new HostRecorder(), { extension: () => storage });
const exporter = otlpHttpExporterFactory.create(
  settings("otlp_http"),
  parseConfig(otlpHttpExporterFactory.config, {
    endpoint,
    compression: "none",
    sending_queue: { storage: "file_storage", queue_size: 1_000_000, ...queue },
    retry_on_failure: { initial_interval: "2ms", max_interval: "20ms", max_elapsed_time: "0s" },
  }),
  "traces",
) as QueuedExporter<"traces">;

/** One span of that name, with up to 20 kB of padding. */
function span(name: string): Traces {
  const out = new Writer();
  const open = [out.begin(0x0a), out.begin(0x12), out.begin(0x12)];
  out.string(0x2a, name);
  out.string(0x1a, "x".repeat(Math.random() * MAX_PADDING)); // Its trace state.
  for (const start of open.reverse()) out.end(start);
  return Traces.fromBytes(out.take());
}

async function offer(first: number): Promise<void> {
  for (let item = first; item < from + items; item += OFFERING) {
    await exporter.consume(span(`${item}`));
    writeSync(1, `${item}\n`);
  }
}

await storage.start(host);
await exporter.start(host);
writeSync(1, "started\n");
await Promise.all(Array.from({ length: OFFERING }, (_, lane) => offer(from + lane)));
if (items === 0) {
  while (exporter.stats!.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await exporter.shutdown(AbortSignal.timeout(10_000));
  await storage.shutdown(AbortSignal.timeout(10_000));
}
