// The tap of a recording: what the kernel's reported, moment by moment.
import { http_conn, http_series, http_series_key, http_sizes } from "../layouts.gen.ts";
import type { OnRecord } from "../ring.ts";
import { COUNTER_NAMES, type TapCounters } from "../tap/counters.ts";
import type { HttpTap, MapSnapshot } from "../tap/http-tap.ts";
import { FRAME } from "./frame.ts";
import { recordsOf } from "./record-batch.ts";
import { MergedEntries, parseSnapshot } from "./snapshot-frames.ts";

const NOTHING: MapSnapshot = { count: 0, keys: Buffer.alloc(0), values: Buffer.alloc(0) };

/** The records and maps of one moment. What would change them in the kernel changes nothing here. */
export class ReplayedTap implements HttpTap {
  #records: Buffer = Buffer.alloc(0);
  #pending: Iterator<readonly [offset: number, length: number]> | undefined;
  readonly #series: MergedEntries = new MergedEntries(http_series_key.size, http_series.size);
  readonly #sizes: MergedEntries = new MergedEntries(http_series_key.size, http_sizes.size);
  #connections: MapSnapshot = NOTHING;
  #counters: TapCounters = Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0n])) as TapCounters;

  setRecords(payload: Buffer): void {
    this.#records = payload;
    this.#pending = recordsOf(payload);
  }

  /** Takes a frame of the maps or the counters; they outlive its payload. */
  setSnapshot(type: number, payload: Buffer): void {
    if (type === FRAME.series) this.#series.merge(payload);
    if (type === FRAME.sizes) this.#sizes.merge(payload);
    if (type === FRAME.connections)
      this.#connections = parseSnapshot(Buffer.from(payload), 0, http_conn.size);
    if (type === FRAME.counters)
      this.#counters = { ...this.#counters, ...parseCounters(payload.toString("utf8")) };
  }

  drain(onRecord: OnRecord, maxRecords: number): number {
    const { buffer, byteOffset, byteLength } = this.#records;
    const view = new DataView(buffer, byteOffset, byteLength);
    let records = 0;
    while (records < maxRecords) {
      const next = this.#pending?.next();
      if (!next || next.done) break;
      records++;
      onRecord(view, ...next.value);
    }
    return records;
  }

  readSeries(): MapSnapshot {
    return this.#series.read();
  }

  readSizes(): MapSnapshot {
    return this.#sizes.read();
  }

  readConnections(): MapSnapshot {
    return this.#connections;
  }

  deleteSeries(key: Uint8Array): void {
    this.#series.delete(key);
    this.#sizes.delete(key);
  }

  deleteTarget(): void {}
  setSpans(): void {}

  selectProcess(): boolean {
    return true;
  }

  forgetProcess(): void {}
  reselect(): void {}

  counters(): TapCounters {
    return this.#counters;
  }

  detach(): void {}
  close(): void {}
}

function parseCounters(text: string): Partial<TapCounters> {
  const counters = Object.entries(JSON.parse(text) as Record<string, string>);
  return Object.fromEntries(counters.map(([name, value]) => [name, BigInt(value)]));
}
