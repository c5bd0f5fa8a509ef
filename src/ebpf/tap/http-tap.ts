// The HTTP tap as its subscribers see it. The kernel's is in bpf-http-tap.ts; a recording can be another.
import type { OnRecord } from "../ring.ts";
import type { TapCounters } from "./counters.ts";

/** What may change while the tap runs (struct http_settings). */
export interface SpanSettings {
  /** Requests whose 56-bit randomness is below it are not kept; 2^56 keeps none. */
  readonly threshold: bigint;
  /** Requests that took as long are kept whatever the threshold; 0: off. */
  readonly slowNs: bigint;
  readonly spansPerSecond: number;
  readonly keepErrors: boolean;
}

/** Bits of discovery entries, include and exclude apart. */
export interface SelectorBits {
  readonly include: number;
  readonly exclude: number;
}

/** The whole of a map at one moment; entry i is at i times its size. Valid until the next read. */
export interface MapSnapshot {
  readonly count: number;
  readonly keys: Buffer;
  readonly values: Buffer;
}

/** Records, series and switches of HTTP in the kernel. */
export interface HttpTap {
  /** Hands over first sights of targets (struct http_target_event), then requests (struct http_request_event). Returns how many. */
  drain(onRecord: OnRecord, maxRecords: number): number;
  /** struct http_series_key to struct http_series. */
  readSeries(): MapSnapshot;
  /** struct http_series_key to struct http_sizes; empty where body sizes are off. */
  readSizes(): MapSnapshot;
  /** A struct http_conn for each connection, and empty ones; no keys. */
  readConnections(): MapSnapshot;
  /** Removes a series and its sizes. */
  deleteSeries(key: Uint8Array): void;
  /** Removes a struct http_target_key. */
  deleteTarget(key: Uint8Array): void;
  setSpans(settings: SpanSettings): void;
  /** Tells which selectors a process meets; false where the kernel has no more room to remember it. */
  selectProcess(pid: number, bits: SelectorBits): boolean;
  forgetProcess(pid: number): void;
  /** Makes the kernel look again at connections that it ignored. */
  reselect(): void;
  counters(): TapCounters;
  /** Ends the watching; what was counted and recorded until now can still be read. */
  detach(): void;
  /** May be called twice. */
  close(): void;
}
