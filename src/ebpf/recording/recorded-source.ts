// A source that writes down what it hands to its subscriber: records, series, and the processes they are of.
import type { Nanos } from "../../pdata/index.ts";
import { http_conn, http_request, http_request_event, http_series_key } from "../layouts.gen.ts";
import type { OnRecord } from "../ring.ts";
import type { TapCounters } from "../tap/counters.ts";
import type { HttpTap, MapSnapshot, SelectorBits, SpanSettings } from "../tap/http-tap.ts";
import type { HttpTapSettings } from "../tap/open.ts";
import type { HttpSource, SourceClock } from "../tap/source.ts";
import { FRAME } from "./frame.ts";
import { Recorder, type RecorderSettings } from "./recorder.ts";
import { connectionsInUse } from "./snapshot-frames.ts";

/** A source that is being written down. Its tap must be drained and collected from by its one subscriber. */
export class RecordedSource implements HttpSource {
  readonly tap: HttpTap;
  readonly processes: HttpSource["processes"];
  readonly services: HttpSource["services"];
  readonly clock: SourceClock;
  readonly description: HttpSource["description"];
  readonly #source: HttpSource;
  readonly #recorder: Recorder;

  /** Begins the file. Throws where it cannot be written. */
  constructor(source: HttpSource, tapSettings: HttpTapSettings, settings: RecorderSettings) {
    this.#source = source;
    this.#recorder = new Recorder(source, tapSettings, settings);
    this.tap = new RecordedTap(source.tap, this.#recorder);
    this.clock = new RecordedClock(source.clock, this.#recorder, () => source.tap.counters());
    this.processes = source.processes;
    this.services = source.services;
    this.description = { ...source.description, recording: settings.path };
  }

  /** Records and bytes of the file until now. */
  get written(): { readonly records: number; readonly bytes: number } {
    return this.#recorder.written;
  }

  drainProcesses(): void {
    this.#source.drainProcesses();
  }

  async close(): Promise<void> {
    this.#recorder.close(this.#source.tap.counters());
    await this.#source.close();
  }
}

class RecordedTap implements HttpTap {
  readonly #tap: HttpTap;
  readonly #recorder: Recorder;

  constructor(tap: HttpTap, recorder: Recorder) {
    this.#tap = tap;
    this.#recorder = recorder;
  }

  drain(onRecord: OnRecord, maxRecords: number): number {
    const recorder = this.#recorder;
    const drained = this.#tap.drain((view, offset, length) => {
      recorder.processes.refer(...processOf(view, offset, http_request_event));
      recorder.batch.add(view, offset, length);
      onRecord(view, offset, length);
    }, maxRecords);
    recorder.batch.flush();
    return drained;
  }

  /** What a collection begins with. */
  readSeries(): MapSnapshot {
    this.#recorder.collectingSinceNs = process.hrtime.bigint();
    const series = this.#tap.readSeries();
    this.#refer(series.count, series.keys, http_series_key.size, 0, http_series_key);
    this.#recorder.frame(FRAME.series, ...this.#recorder.series.take(series));
    return series;
  }

  readSizes(): MapSnapshot {
    const sizes = this.#tap.readSizes();
    this.#recorder.frame(FRAME.sizes, ...this.#recorder.sizes.take(sizes));
    return sizes;
  }

  readConnections(): MapSnapshot {
    const connections = this.#tap.readConnections();
    const [count, inUse] = connectionsInUse(connections);
    const used = count!.readUInt32LE(0);
    this.#refer(used, inUse!, http_conn.size, http_conn.current, http_request);
    this.#recorder.frame(FRAME.connections, count!, inUse!);
    return connections;
  }

  deleteSeries(key: Uint8Array): void {
    this.#recorder.series.forget(key);
    this.#recorder.sizes.forget(key);
    this.#tap.deleteSeries(key);
  }

  deleteTarget(key: Uint8Array): void {
    this.#tap.deleteTarget(key);
  }

  setSpans(settings: SpanSettings): void {
    this.#tap.setSpans(settings);
  }

  selectProcess(pid: number, bits: SelectorBits): boolean {
    return this.#tap.selectProcess(pid, bits);
  }

  forgetProcess(pid: number): void {
    this.#tap.forgetProcess(pid);
  }

  reselect(): void {
    this.#tap.reselect();
  }

  counters(): TapCounters {
    return this.#tap.counters();
  }

  detach(): void {
    this.#recorder.detached = true;
    this.#tap.detach();
  }

  close(): void {
    this.#tap.close();
  }

  /** Writes the processes of entries that have a struct with `tgid` and `process_start_ns` at `at`. */
  #refer(count: number, bytes: Buffer, size: number, at: number, field: ProcessFields): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) this.#recorder.processes.refer(...processOf(view, i * size + at, field));
  }
}

/** Where a struct says of which process it is; both events of the ring say it at the same place. */
interface ProcessFields {
  readonly tgid: number;
  readonly process_start_ns: number;
}

function processOf(view: DataView, at: number, field: ProcessFields): [pid: number, startNs: number] {
  return [
    view.getUint32(at + field.tgid, true),
    Number(view.getBigUint64(at + field.process_start_ns, true)),
  ];
}

/** Writes down the times that a subscriber puts on its metrics: it asks when it begins, and when it has collected. */
class RecordedClock implements SourceClock {
  readonly #clock: SourceClock;
  readonly #recorder: Recorder;
  readonly #counters: () => TapCounters;
  #begun = false;

  constructor(clock: SourceClock, recorder: Recorder, counters: () => TapCounters) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.#counters = counters;
  }

  get offset(): Nanos {
    return this.#clock.offset;
  }

  refresh(): void {
    const before = this.offset.toBigInt();
    this.#clock.refresh();
    if (this.offset.toBigInt() !== before) this.#recorder.clockChanged(this);
  }

  now(into: Nanos): Nanos {
    if (!this.#begun) {
      this.#begun = true;
      return into.set(this.#recorder.startedAt);
    }
    this.#clock.now(into);
    this.#recorder.collected(into, this.#counters());
    return into;
  }
}
