// A flood into two pipelines of one receiver, of which one has a backend that is down.
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseConfig } from "../../src/confmap/decode.ts";
import type { Consumer } from "../../src/consumer/index.ts";
import type { QueuedExporter } from "../../src/exporters/helper/exporter.ts";
import { otlpHttpExporterFactory } from "../../src/exporters/otlp_http/factory.ts";
import { batchProcessorFactory } from "../../src/processors/batch/factory.ts";
import { fanOut } from "../../src/service/fanout.ts";
import type { Counters } from "../../src/service/telemetry/counters.ts";
import { HostRecorder, settings } from "../support/component.ts";
import { traces } from "../support/data.ts";
import { itemsIn, OtlpHttpServer } from "../support/otlp-http-server.ts";

vi.setConfig({ testTimeout: 60_000 });
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const MIB = 1024 * 1024;
const SPANS = 2000;
const REQUESTS = 3000;
/** Nothing listens there. */
const DEAD = "http://127.0.0.1:1";

let live: OtlpHttpServer;
let taken = 0;
beforeAll(async () => {
  live = await OtlpHttpServer.start();
});
afterAll(() => live.close());

/** What an exporter of that endpoint is preceded by in a pipeline. */
async function pipeline(endpoint: string): Promise<Pipeline> {
  const config = parseConfig(otlpHttpExporterFactory.config, {
    endpoint,
    compression: "none",
    sending_queue: { queue_size: 10, block_on_overflow: endpoint !== DEAD }, // The flood goes at the live one's pace.
  });
  const exporter = otlpHttpExporterFactory.create(
    settings("otlp_http"),
    config,
    "traces",
  ) as QueuedExporter<"traces">;
  await exporter.start(new HostRecorder());
  return { exporter, stop: (deadline) => exporter.shutdown(deadline) };
}
interface Pipeline {
  readonly exporter: QueuedExporter<"traces">;
  stop(deadline: AbortSignal): Promise<void>;
}

function batched(next: Consumer<"traces">) {
  const given = settings("batch");
  const section = parseConfig(batchProcessorFactory.config, { timeout: "50ms" });
  return {
    processor: batchProcessorFactory.create(given, section, "traces", next),
    counters: given.counters as Counters,
  };
}

/** What is really held: memory of buffers comes back in turns of the loop after the collection that found it unused. */
async function memory(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await sleep(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Sends the flood, one request after the other, as fast as it is answered. Gives how many were refused. */
async function flood(next: Consumer<"traces">): Promise<number> {
  let refused = 0;
  const bytes = traces(SPANS);
  for (let request = 0; request < REQUESTS; request++) {
    await next.consume(bytes.clone()).catch(() => refused++);
    for (const received of live.received.splice(0)) taken += itemsIn(received);
    if (request % 50 === 0) await sleep(1); // The network's turn.
  }
  return refused;
}

const tooLate = () => AbortSignal.abort(new Error("too late"));
const finish = () => AbortSignal.timeout(10_000);

describe("a backend that is down", () => {
  it("holds up no other pipeline of its receiver, and takes no memory beyond its bounds", async () => {
    const [dead, other] = [await pipeline(DEAD), await pipeline(live.endpoint)];
    const [before, beside] = [batched(dead.exporter), batched(other.exporter)];
    const start = await memory();
    taken = 0;
    const refused = await flood(fanOut([before.processor, beside.processor]));
    expect((await memory()) - start).toBeLessThan(40 * MIB);
    expect(refused).toBeGreaterThan(0); // The client is told, and may hold its data back.
    expect(dead.exporter.stats!.size).toBeLessThanOrEqual(10);
    await beside.processor.shutdown(finish());
    await other.stop(finish());
    for (const received of live.received.splice(0)) taken += itemsIn(received);
    expect(taken).toBe(SPANS * REQUESTS);
    await before.processor.shutdown(tooLate());
    await dead.stop(tooLate());
  });

  it("holds up no other exporter of its pipeline", async () => {
    const [dead, other] = [await pipeline(DEAD), await pipeline(live.endpoint)];
    const { processor, counters } = batched(fanOut([dead.exporter, other.exporter]));
    const start = await memory();
    taken = 0;
    expect(await flood(processor)).toBe(0);
    expect((await memory()) - start).toBeLessThan(40 * MIB);
    await processor.shutdown(AbortSignal.timeout(1000));
    await other.stop(finish());
    await dead.stop(tooLate());
    for (const received of live.received.splice(0)) taken += itemsIn(received);
    expect(taken).toBe(SPANS * REQUESTS);
    const dropped = counters.snapshot()['otelcol_processor_batch_dropped_items{processor="batch"}']!;
    const { failedItems } = dead.exporter.stats!;
    expect(dropped + failedItems).toBe(SPANS * REQUESTS); // All that the dead one never got.
  });
});
