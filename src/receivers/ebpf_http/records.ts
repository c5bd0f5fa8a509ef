// Hot path: takes the kernel's records in their order; requests become spans, targets get their names.
import { http_request_event, http_target_event } from "../../ebpf/layouts.gen.ts";
import type { Nanos, Traces } from "../../pdata/index.ts";
import type { Discovery } from "./discovery.ts";
import type { DurationBuckets } from "./duration-buckets.ts";
import { Exemplars } from "./exemplars.ts";
import type { ObservedProcess } from "./observed-process.ts";
import type { ObservedProcesses } from "./processes.ts";
import type { RequestKind } from "./request-kind.ts";
import { RequestRecord } from "./request-record.ts";
import type { SpanBatch } from "./span-batch.ts";
import type { SpanWriter } from "./span-writer.ts";
import type { TargetNames } from "./target-names.ts";

/** enum http_event_type (bpf/http.h). */
const EVENT = { request: 1, target: 2 } as const;

export interface RecordsParts {
  readonly processes: ObservedProcesses;
  readonly discovery: Discovery;
  readonly targets: TargetNames;
  readonly spans: SpanWriter;
  readonly batch: SpanBatch;
  readonly buckets: DurationBuckets;
  /** Whether spans are wanted, and exemplars for metrics. */
  readonly traces: boolean;
  readonly metrics: boolean;
  /** When series that are new now began: the last collection. Changed in place. */
  readonly seriesStart: Nanos;
}

/** Reads records. What it is handed is only looked at during the call. */
export class Records {
  readonly #parts: RecordsParts;
  readonly #record: RequestRecord = new RequestRecord();
  #view: DataView | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(parts: RecordsParts) {
    this.#parts = parts;
  }

  /** Takes one record of the ring. */
  readonly take = (view: DataView, offset: number, length: number): void => {
    if (view !== this.#view) {
      this.#view = view;
      this.#bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    }
    const type = view.getUint32(offset, true);
    if (type === EVENT.request && holdsRequest(view, offset, length)) this.#request(view, offset);
    else if (type === EVENT.target && holdsTarget(view, offset, length)) this.#target(view, offset);
  };

  /** The spans since the last time; undefined where there are none. */
  takeTraces(): Traces | undefined {
    return this.#parts.batch.take();
  }

  #request(view: DataView, offset: number): void {
    const { processes, discovery, targets, spans, batch, metrics, traces } = this.#parts;
    if (!traces) return;
    const process = processes.get(
      view.getUint32(offset + http_request_event.tgid, true),
      view.getInt32(offset + http_request_event.process_start_ns, true),
      view.getInt32(offset + http_request_event.process_start_ns + 4, true),
    );
    const record = this.#record.open(view, this.#bytes, offset);
    if (!discovery.selects(process.include, process.exclude, record.serverPort)) return;
    const { role, method, status, failure, minorVersion } = record;
    const target = targets.ofRequest(process, role, record.head, view, this.#bytes, offset);
    const kind = target.kindOf(role, method, status, failure, minorVersion);
    spans.write(batch.builderOf(process), record, kind);
    if (metrics) this.#keepExemplar(process, kind, record.durationNs);
  }

  #target(view: DataView, offset: number): void {
    const process = this.#parts.processes.get(
      view.getUint32(offset + http_target_event.tgid, true),
      view.getInt32(offset + http_target_event.process_start_ns, true),
      view.getInt32(offset + http_target_event.process_start_ns + 4, true),
    );
    this.#parts.targets.take(process, view, this.#bytes, offset);
  }

  #keepExemplar(process: ObservedProcess, kind: RequestKind, durationNs: number): void {
    const { buckets, spans, seriesStart } = this.#parts;
    const series = process.seriesOf(kind, seriesStart, buckets.count);
    series.exemplars ??= new Exemplars(buckets.count);
    series.exemplars.set(buckets.indexOf(durationNs), durationNs / 1e9, spans.end, spans.context);
  }
}

/** Whether the record is as long as it says: the kernel's are, those of a file may be anything. */
function holdsRequest(view: DataView, offset: number, length: number): boolean {
  if (length < http_request_event.size) return false;
  const heads =
    view.getUint16(offset + http_request_event.request_head_bytes, true) +
    view.getUint16(offset + http_request_event.response_head_bytes, true);
  return length >= http_request_event.size + heads;
}

function holdsTarget(view: DataView, offset: number, length: number): boolean {
  if (length < http_target_event.size) return false;
  return length >= http_target_event.size + view.getUint16(offset + http_target_event.head_bytes, true);
}
