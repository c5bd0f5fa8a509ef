// Everything between the tap and the pipeline: records, process lookups and series in, spans and metrics out.

import { http_target_key } from "../../ebpf/layouts.gen.ts";
import type { HttpTap } from "../../ebpf/tap/http-tap.ts";
import type { HttpSource, SourceClock } from "../../ebpf/tap/source.ts";
import { type Metrics, Nanos, type Traces } from "../../pdata/index.ts";
import { countActiveRequests } from "./active-requests.ts";
import { Addresses } from "./address.ts";
import type { EbpfHttpConfig } from "./config.ts";
import type { Discovery } from "./discovery.ts";
import { DurationBuckets } from "./duration-buckets.ts";
import { MetricsWriter } from "./metrics-writer.ts";
import type { ObservedProcess } from "./observed-process.ts";
import { ObservedProcesses } from "./processes.ts";
import { Records } from "./records.ts";
import { ROLE } from "./request-series.ts";
import { Routes } from "./routes.ts";
import { SeriesReader } from "./series-reader.ts";
import { SIZE_BOUNDARIES } from "./size-boundaries.ts";
import { SpanBatch } from "./span-batch.ts";
import { SpanWriter } from "./span-writer.ts";
import { TargetNames } from "./target-names.ts";

/** After a process ended, how long its connections may still close and be counted. */
const LINGER_MS = 5000;

export interface TelemetrySettings {
  readonly config: EbpfHttpConfig;
  readonly discovery: Discovery;
  readonly version: string;
  readonly traces: boolean;
  readonly metrics: boolean;
}

/** Turns what the tap reports into telemetry. Its owner says when. */
export class HttpTelemetry {
  readonly #tap: HttpTap;
  readonly #discovery: Discovery;
  readonly #clock: SourceClock;
  readonly #processes: ObservedProcesses;
  readonly #targets: TargetNames;
  readonly #records: Records;
  readonly #series: SeriesReader;
  readonly #metrics: MetricsWriter;
  /** The last collection: when series that are new now began. */
  readonly #seriesStart: Nanos = new Nanos();

  constructor(source: HttpSource, settings: TelemetrySettings) {
    const { config, discovery, version, traces, metrics } = settings;
    const addresses = new Addresses();
    const buckets = new DurationBuckets(config.histogram.boundaries);
    this.#tap = source.tap;
    this.#discovery = discovery;
    this.#clock = source.clock;
    this.#clock.now(this.#seriesStart);
    this.#processes = new ObservedProcesses(source.processes, source.services, discovery, (into) =>
      into.set(this.#seriesStart),
    );
    this.#targets = new TargetNames(new Routes(config.routes), config.routes.limit, addresses);
    const shared = {
      processes: this.#processes,
      discovery,
      targets: this.#targets,
      seriesStart: this.#seriesStart,
    };
    this.#records = new Records({
      ...shared,
      spans: new SpanWriter(config.capture, addresses, this.#clock.offset),
      batch: new SpanBatch(version),
      buckets,
      traces,
      metrics,
    });
    const sizeBounds = config.metrics.bodySize ? SIZE_BOUNDARIES : [];
    this.#series = new SeriesReader({
      ...shared,
      durationBuckets: buckets.count,
      sizeBuckets: config.metrics.bodySize ? sizeBounds.length + 1 : 0,
    });
    this.#metrics = new MetricsWriter({ version, durationBounds: buckets.bounds, sizeBounds });
  }

  /** Reads up to `maxRecords` of the ring; returns how many there were. */
  drain(maxRecords: number): number {
    this.#clock.refresh();
    return this.#tap.drain(this.#records.take, maxRecords);
  }

  /** The spans that were read since the last time. */
  takeTraces(): Traces | undefined {
    return this.#records.takeTraces();
  }

  /** Reads all series and gives the metrics of now; series of processes that ended are given for the last time. */
  collect(nowMs: number, isLast = false): Metrics | undefined {
    const { processes, targets } = { processes: this.#processes, targets: this.#targets };
    this.#series.read(this.#tap.readSeries(), this.#tap.readSizes(), isLast);
    countActiveRequests(this.#tap.readConnections(), { processes, targets, discovery: this.#discovery });
    const now = this.#clock.now(new Nanos());
    const metrics = this.#metrics.write(processes, now);
    this.#seriesStart.set(now);
    this.#removeEnded(nowMs);
    return metrics;
  }

  stop(): void {
    this.#processes.stop();
  }

  #removeEnded(nowMs: number): void {
    for (const process of [...this.#processes]) {
      if (!this.#processes.hasEnded(process)) continue;
      process.endedAtMs ??= nowMs;
      if (nowMs - process.endedAtMs >= LINGER_MS) this.#remove(process);
    }
  }

  #remove(process: ObservedProcess): void {
    for (const key of this.#series.forget(process)) this.#tap.deleteSeries(key);
    const key = Buffer.alloc(http_target_key.size);
    key.writeInt32LE(process.startLo, http_target_key.process_start_ns);
    key.writeInt32LE(process.startHi, http_target_key.process_start_ns + 4);
    key.writeUInt32LE(process.pid, http_target_key.tgid);
    for (const role of [ROLE.server, ROLE.client]) {
      key.writeUInt32LE(role, http_target_key.role);
      this.#deleteTarget(key, 0, 0); // counts the others
      for (const { lo, hi } of process.targets(role)) this.#deleteTarget(key, lo, hi);
    }
    this.#processes.remove(process);
  }

  #deleteTarget(key: Buffer, lo: number, hi: number): void {
    key.writeInt32LE(lo, http_target_key.target);
    key.writeInt32LE(hi, http_target_key.target + 4);
    this.#tap.deleteTarget(key);
  }
}
