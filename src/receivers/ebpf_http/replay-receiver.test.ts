import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import { requestRecord } from "../../../test/support/http-records.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { FRAME } from "../../ebpf/recording/frame.ts";
import { FrameWriter } from "../../ebpf/recording/frame-writer.ts";
import { RECORDED_LAYOUTS, type RecordingHeader } from "../../ebpf/recording/header.ts";
import { RecordBatch } from "../../ebpf/recording/record-batch.ts";
import { HTTP_DURATION_BOUNDARIES } from "../../semconv/http.ts";
import { ebpfHttpConfig } from "./config.ts";
import { DurationBuckets } from "./duration-buckets.ts";
import { ReplayReceiver } from "./replay-receiver.ts";

const folder = mkdtempSync(join(tmpdir(), "replay-"));
const path = join(folder, "case.rec");
/** Between the two requests. */
const GAP_MS = 400;

const HEADER: RecordingHeader = {
  version: "1.2.3",
  kernel: "6.18",
  machine: "x86_64",
  hook: "raw_tp",
  clocks: { monotonic: "0", boottime: "0", unix: "1700000000000000000" },
  redacted: true,
  settings: {
    server: true,
    client: true,
    spans: true,
    bodySizes: false,
    wholePaths: false,
    requestCaptureBytes: 512,
    responseCaptureBytes: 0,
    boundaries: new DurationBuckets(HTTP_DURATION_BOUNDARIES).boundsNs.map(String),
    sizeBoundaries: [],
  },
  layouts: RECORDED_LAYOUTS,
};

/** Two requests, one at the beginning and one after the gap. */
beforeEach(() => {
  const writer = new FrameWriter(path, (error) => expect.fail(error.message));
  writer.writeJson(FRAME.header, HEADER);
  for (const timeNs of [0n, BigInt(GAP_MS) * 1_000_000n]) {
    const batch = new RecordBatch(writer, true, () => timeNs);
    const record = requestRecord({});
    batch.add(new DataView(record.buffer, record.byteOffset, record.length), 0, record.length);
    batch.flush();
  }
  writer.write(FRAME.end);
  writer.close();
});

afterAll(() => rmSync(folder, { recursive: true }));

function setUp(section: object = {}, consume: () => Promise<void> = async () => {}) {
  const host = new HostRecorder();
  const logger = new LogRecorder();
  const times: number[] = [];
  const receiver = new ReplayReceiver({
    settings: settings("ebpf_http", logger),
    config: parseConfig(ebpfHttpConfig, { replay: path, ...section }),
    next: {
      traces: {
        capabilities: { mutatesData: false },
        consume() {
          times.push(performance.now());
          return consume();
        },
      },
    },
  });
  return { host, logger, times, receiver };
}

async function reported({ statuses }: HostRecorder): Promise<void> {
  while (statuses.length === 0) await sleep(5);
}

test("plays at once, and reports that it has stopped", async () => {
  const { host, logger, times, receiver } = setUp();
  await receiver.start(host);
  await reported(host);
  expect(host.statuses).toEqual(["stopped"]);
  expect(times).toHaveLength(2);
  expect(times[1]! - times[0]!).toBeLessThan(GAP_MS / 2);
  expect(logger.records.map(({ message }) => message)).toEqual([
    "Playing a recording.",
    "Played the whole recording.",
  ]);
  await receiver.shutdown();
});

test("plays in the time that was, when asked", async () => {
  const { host, times, receiver } = setUp({ replay_speed: "original" });
  await receiver.start(host);
  await reported(host);
  expect(times[1]! - times[0]!).toBeGreaterThan(GAP_MS * 0.9);
  await receiver.shutdown();
});

test("stops in the middle when it is told to, and then reports nothing", async () => {
  const { host, times, receiver } = setUp({ replay_speed: "original" });
  await receiver.start(host);
  while (times.length === 0) await sleep(5);
  await receiver.shutdown();
  await receiver.shutdown();
  await sleep(GAP_MS);
  expect(times).toHaveLength(1);
  expect(host.statuses).toEqual([]);
});

test("goes on after what follows refused", async () => {
  const { host, times, receiver } = setUp({}, () => Promise.reject(new Error("queue is full")));
  await receiver.start(host);
  while (!host.statuses.includes("stopped")) await sleep(5);
  expect(times).toHaveLength(2);
  expect(host.statuses).toContain("recoverable_error");
  await receiver.shutdown();
});

test("refuses boundaries other than the recorded ones, and names those", async () => {
  const { host, receiver } = setUp({ histogram: { boundaries: [1, 2] } });
  await expect(receiver.start(host)).rejects.toThrow(
    `play ${path}: set histogram.boundaries as it was recorded: [0.005, 0.01,`,
  );
  await receiver.shutdown();
});

test("refuses routes other than the recorded ones", async () => {
  const { host, receiver } = setUp({ routes: { unmatched: "path" } });
  await expect(receiver.start(host)).rejects.toThrow(
    `play ${path}: it was recorded without routes.unmatched: path`,
  );
  await receiver.shutdown();
});

test("refuses body sizes that were not recorded", async () => {
  const { host, receiver } = setUp({ metrics: { body_size: true } });
  await expect(receiver.start(host)).rejects.toThrow("it was recorded without metrics.body_size");
});

test("says which file is not there", async () => {
  const { host, receiver } = setUp({ replay: "/nowhere/case.rec" });
  await expect(receiver.start(host)).rejects.toThrow("/nowhere/case.rec");
});
