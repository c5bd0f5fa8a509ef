// Writes a recording.
import { Nanos } from "../../pdata/index.ts";
import { http_series, http_series_key, http_sizes } from "../layouts.gen.ts";
import type { TapCounters } from "../tap/counters.ts";
import type { HttpTapSettings } from "../tap/open.ts";
import type { HttpSource, SourceClock } from "../tap/source.ts";
import { FRAME } from "./frame.ts";
import { FrameWriter } from "./frame-writer.ts";
import { boottimeNs, RECORDED_LAYOUTS, type RecordingHeader, recordedSettings, thisHost } from "./header.ts";
import { ProcessRecorder } from "./process-frames.ts";
import { RecordBatch } from "./record-batch.ts";
import { ChangedEntries } from "./snapshot-frames.ts";

const COLLECTED_BYTES = 24;

export interface RecorderSettings {
  readonly path: string;
  /** The version of wattspan. */
  readonly version: string;
  /** Leaves the values of Authorization, Cookie and the like as they are. */
  readonly keepSecrets: boolean;
  /** Called once when the file can no longer be written; the source goes on without. */
  readonly onError: (error: Error) => void;
}

/** The file, and what has to be remembered to write it. What cannot be written is not; the settings say who is told. */
export class Recorder {
  readonly batch: RecordBatch;
  readonly processes: ProcessRecorder;
  readonly series: ChangedEntries = new ChangedEntries(http_series_key.size, http_series.size);
  readonly sizes: ChangedEntries = new ChangedEntries(http_series_key.size, http_sizes.size);
  readonly startedAt: Nanos;
  /** When the subscriber began its present collection, in ns of CLOCK_MONOTONIC. */
  collectingSinceNs = 0n;
  /** The tap watches no more: the next collection is the last. */
  detached = false;
  readonly #writer: FrameWriter;

  constructor(source: HttpSource, tapSettings: HttpTapSettings, settings: RecorderSettings) {
    this.startedAt = source.clock.now(new Nanos());
    this.#writer = new FrameWriter(settings.path, settings.onError);
    this.#writer.writeJson(
      FRAME.header,
      headerOf(this.startedAt, source.description.hook, tapSettings, settings),
    );
    this.clockChanged(source.clock);
    this.batch = new RecordBatch(this.#writer, !settings.keepSecrets, process.hrtime.bigint);
    this.processes = new ProcessRecorder(this.#writer, source);
  }

  get written(): { readonly records: number; readonly bytes: number } {
    return { records: this.batch.records, bytes: this.#writer.bytes };
  }

  frame(type: number, ...parts: readonly Uint8Array[]): void {
    this.#writer.write(type, ...parts);
  }

  clockChanged({ offset }: SourceClock): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(offset.toBigInt());
    this.#writer.write(FRAME.clock, bytes);
  }

  collected(now: Nanos, counters: TapCounters): void {
    const bytes = Buffer.alloc(COLLECTED_BYTES);
    bytes.writeBigUInt64LE(this.collectingSinceNs, 0);
    bytes.writeBigUInt64LE(now.toBigInt(), 8);
    bytes.writeUInt32LE(this.detached ? 1 : 0, 16);
    this.frame(FRAME.counters, countersText(counters));
    this.frame(FRAME.collected, bytes);
  }

  close(counters: TapCounters): void {
    this.processes.stop();
    this.batch.flush();
    this.frame(FRAME.counters, countersText(counters));
    this.frame(FRAME.end);
    this.#writer.close();
  }
}

function headerOf(
  startedAt: Nanos,
  hook: unknown,
  tapSettings: HttpTapSettings,
  { version, keepSecrets }: RecorderSettings,
): RecordingHeader {
  return {
    version,
    ...thisHost(),
    hook: String(hook),
    clocks: {
      monotonic: String(process.hrtime.bigint()),
      boottime: String(boottimeNs()),
      unix: String(startedAt.toBigInt()),
    },
    redacted: !keepSecrets,
    settings: recordedSettings(tapSettings),
    layouts: RECORDED_LAYOUTS,
  };
}

function countersText(counters: TapCounters): Buffer {
  return Buffer.from(
    JSON.stringify(Object.fromEntries(Object.entries(counters).map(([name, n]) => [name, String(n)]))),
  );
}
