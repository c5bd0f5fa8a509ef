// Records and series as the kernel's HTTP tap has them, and a tap that plays them.
import {
  http_conn,
  http_request,
  http_request_event,
  http_series,
  http_series_key,
  http_target_event,
} from "../../src/ebpf/layouts.gen.ts";
import type { OnRecord } from "../../src/ebpf/ring.ts";
import { COUNTER_NAMES, type TapCounters } from "../../src/ebpf/tap/counters.ts";
import type { HttpTap, MapSnapshot, SelectorBits, SpanSettings } from "../../src/ebpf/tap/http-tap.ts";

export const SERVER = 1;
export const CLIENT = 2;
export const GET = 1;

/** The process that records are of when a test does not say. */
export const PROCESS = { pid: 4242, startNs: 1_000_000_000_000n } as const;

export interface RequestFields {
  readonly role?: number;
  readonly pid?: number;
  readonly processStartNs?: bigint;
  readonly startNs?: bigint;
  readonly endNs?: bigint;
  readonly requestBody?: number;
  readonly responseBody?: number;
  readonly target?: bigint;
  readonly threshold?: bigint;
  /** 32 hexadecimal digits. */
  readonly traceId?: string;
  /** 16 hexadecimal digits each. */
  readonly spanId?: string;
  readonly clientSpanId?: string;
  readonly clientObserved?: boolean;
  readonly remote?: readonly number[];
  readonly remotePort?: number;
  readonly localPort?: number;
  readonly status?: number;
  readonly method?: number;
  readonly minorVersion?: number;
  readonly failure?: number;
  readonly head?: string;
  readonly responseHead?: string;
}

const DEFAULTS = {
  role: SERVER,
  pid: PROCESS.pid,
  processStartNs: PROCESS.startNs,
  startNs: 5_000_000_000n,
  endNs: 5_003_000_000n,
  requestBody: 0,
  responseBody: 12,
  target: 77n,
  threshold: 0n,
  traceId: "0102030405060708090a0b0c0d0e0f10",
  spanId: "a1a2a3a4a5a6a7a8",
  clientSpanId: "b1b2b3b4b5b6b7b8",
  clientObserved: false,
  remote: [10, 0, 0, 1],
  remotePort: 50_000,
  localPort: 8080,
  status: 200,
  method: GET,
  minorVersion: 1,
  failure: 0,
  head: "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n",
  responseHead: "",
} as const;

/** A struct http_request_event with its heads. */
export function requestRecord(fields: RequestFields = {}): Buffer {
  const all = { ...DEFAULTS, ...fields };
  const at = http_request_event;
  const event = Buffer.alloc(at.size);
  event.writeUInt32LE(1, at.type);
  event.writeUInt32LE(all.pid, at.tgid);
  event.writeBigUInt64LE(all.processStartNs, at.process_start_ns);
  event.writeBigUInt64LE(all.startNs, at.start_ns);
  event.writeBigUInt64LE(all.endNs, at.end_ns);
  event.writeBigUInt64LE(BigInt(all.requestBody), at.request_body_bytes);
  event.writeBigUInt64LE(BigInt(all.responseBody), at.response_body_bytes);
  event.writeBigUInt64LE(all.target, at.target);
  event.writeBigUInt64LE(all.threshold, at.threshold);
  event.write(all.traceId, at.trace_id, "hex");
  event.write(all.spanId, at.span_id, "hex");
  event.write(all.clientSpanId, at.client_span_id, "hex");
  event[at.client_observed] = all.clientObserved ? 1 : 0;
  event.set([127, 0, 0, 1], at.local_address);
  event.set(all.remote, at.remote_address);
  event.writeUInt16LE(all.localPort, at.local_port);
  event.writeUInt16LE(all.remotePort, at.remote_port);
  event.writeUInt16LE(all.remote.length === 4 ? 2 : 10, at.family);
  event.writeUInt16LE(all.status, at.status);
  event[at.role] = all.role;
  event[at.method] = all.method;
  event[at.minor_version] = all.minorVersion;
  event[at.failure] = all.failure;
  const head = Buffer.from(all.head, "latin1");
  const responseHead = Buffer.from(all.responseHead, "latin1");
  event.writeUInt16LE(head.length, at.request_head_bytes);
  event.writeUInt16LE(responseHead.length, at.response_head_bytes);
  return Buffer.concat([event, head, responseHead]);
}

/** A struct http_target_event of PROCESS with the bytes that name it. */
export function targetRecord(target: bigint, head: string, role: number = SERVER): Buffer {
  const at = http_target_event;
  const event = Buffer.alloc(at.size);
  event.writeUInt32LE(2, at.type);
  event.writeUInt32LE(PROCESS.pid, at.tgid);
  event.writeBigUInt64LE(PROCESS.startNs, at.process_start_ns);
  event.writeBigUInt64LE(target, at.target);
  event.set([10, 0, 0, 9], at.remote_address);
  event.writeUInt16LE(8081, at.remote_port);
  event.writeUInt16LE(2, at.family);
  event.writeUInt16LE(head.length, at.head_bytes);
  event[at.role] = role;
  return Buffer.concat([event, Buffer.from(head, "latin1")]);
}

export interface SeriesFields {
  readonly pid?: number;
  readonly target?: bigint;
  readonly shard?: number;
  readonly status?: number;
  readonly port?: number;
  readonly role?: number;
  readonly method?: number;
  readonly failure?: number;
  readonly buckets: readonly number[];
  readonly sumNs?: number;
}

/** Entries of the map `series`. */
export function seriesSnapshot(...series: readonly SeriesFields[]): MapSnapshot {
  const keys = Buffer.alloc(http_series_key.size * series.length);
  const values = Buffer.alloc(http_series.size * series.length);
  for (const [index, fields] of series.entries()) {
    const key = keys.subarray(index * http_series_key.size);
    key.writeBigUInt64LE(PROCESS.startNs, http_series_key.process_start_ns);
    key.writeBigUInt64LE(fields.target ?? 77n, http_series_key.target);
    key.writeUInt32LE(fields.pid ?? PROCESS.pid, http_series_key.tgid);
    key.writeUInt32LE(fields.shard ?? 0, http_series_key.shard);
    key.writeUInt16LE(fields.status ?? 200, http_series_key.status);
    key.writeUInt16LE(fields.port ?? 8080, http_series_key.port);
    key[http_series_key.role] = fields.role ?? SERVER;
    key[http_series_key.method] = fields.method ?? GET;
    key[http_series_key.minor_version] = 1;
    key[http_series_key.failure] = fields.failure ?? 0;
    const value = values.subarray(index * http_series.size);
    value.writeBigUInt64LE(BigInt(fields.sumNs ?? 0), http_series.duration_sum_ns);
    for (const [bucket, count] of fields.buckets.entries())
      value.writeUInt32LE(count >>> 0, http_series.buckets + 4 * bucket);
  }
  return { count: series.length, keys, values };
}

/** Entries of the map `connections` of PROCESS, each with so many requests under way. */
export function connectionsSnapshot(...open: readonly number[]): MapSnapshot {
  const values = Buffer.alloc(http_conn.size * open.length);
  for (const [index, requests] of open.entries()) {
    const value = values.subarray(index * http_conn.size);
    value.writeUInt32LE(requests, http_conn.open);
    value.writeUInt16LE(8080, http_conn.local_port);
    value[http_conn.verdict] = 1;
    value[http_conn.role] = SERVER;
    value.writeUInt32LE(PROCESS.pid, http_conn.current + http_request.tgid);
    value.writeBigUInt64LE(PROCESS.startNs, http_conn.current + http_request.process_start_ns);
    value[http_conn.current + http_request.method] = GET;
  }
  return { count: open.length, keys: Buffer.alloc(8 * open.length), values };
}

const NOTHING: MapSnapshot = { count: 0, keys: Buffer.alloc(0), values: Buffer.alloc(0) };

/** Plays what a test puts into it, and keeps what it is told. */
export class FakeTap implements HttpTap {
  readonly records: Buffer[] = [];
  series: MapSnapshot = NOTHING;
  connections: MapSnapshot = NOTHING;
  counts: Partial<Record<keyof TapCounters, bigint>> = {};
  readonly spanSettings: SpanSettings[] = [];
  readonly selected: Map<number, SelectorBits> = new Map();
  readonly deletedSeries: Buffer[] = [];
  readonly deletedTargets: Buffer[] = [];
  reselections = 0;
  detached = false;
  closed = false;

  drain(onRecord: OnRecord, maxRecords: number): number {
    const records = this.records.splice(0, maxRecords);
    for (const record of records) {
      const padded = Buffer.concat([Buffer.alloc(8), record]);
      onRecord(new DataView(padded.buffer, padded.byteOffset, padded.length), 8, record.length);
    }
    return records.length;
  }

  readSeries(): MapSnapshot {
    return this.series;
  }
  readSizes(): MapSnapshot {
    return NOTHING;
  }
  readConnections(): MapSnapshot {
    return this.connections;
  }
  deleteSeries(key: Uint8Array): void {
    this.deletedSeries.push(Buffer.from(key));
  }
  deleteTarget(key: Uint8Array): void {
    this.deletedTargets.push(Buffer.from(key));
  }
  setSpans(settings: SpanSettings): void {
    this.spanSettings.push(settings);
  }
  selectProcess(pid: number, bits: SelectorBits): boolean {
    this.selected.set(pid, bits);
    return true;
  }
  forgetProcess(pid: number): void {
    this.selected.delete(pid);
  }
  reselect(): void {
    this.reselections++;
  }
  counters(): TapCounters {
    return Object.fromEntries(COUNTER_NAMES.map((name) => [name, this.counts[name] ?? 0n])) as TapCounters;
  }
  detach(): void {
    this.detached = true;
  }
  close(): void {
    this.closed = true;
  }
}
