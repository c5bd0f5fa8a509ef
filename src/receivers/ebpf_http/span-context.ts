// Hot path: the ids of a request's span, and what its tracestate says.
import { http_request_event as field } from "../../ebpf/layouts.gen.ts";
import type { TracesBuilder } from "../../pdata/index.ts";
import { thresholdHex } from "../../pdata/sampling.ts";
import type { SpanIds } from "./exemplars.ts";
import { headerValues } from "./head.ts";
import type { RequestRecord } from "./request-record.ts";
import { TraceParent } from "./trace-context.ts";
import { mergeTraceState, randomnessHex } from "./trace-state.ts";

/** Places a span in its trace: the one its request belongs to, else the one both ends of the connection derive. */
export class SpanContext implements SpanIds {
  // Where the ids of the span are that was written last.
  traceIdBytes: Uint8Array = new Uint8Array(16);
  traceIdAt = 0;
  spanIdBytes: Uint8Array = new Uint8Array(8);
  spanIdAt = 0;
  readonly #parent: TraceParent = new TraceParent();
  #thresholdLo = 0;
  #thresholdHi = 0;
  #threshold = "0";
  #traceState = "ot=th:0";

  write(out: TracesBuilder, record: RequestRecord): void {
    const { view, bytes, offset, head } = record;
    const { traceparent } = head;
    const joined = traceparent.present && this.#parent.read(bytes, traceparent.start, traceparent.end);
    this.traceIdBytes = joined ? this.#parent.traceId : bytes;
    this.traceIdAt = joined ? 0 : offset + field.trace_id;
    this.spanIdBytes = bytes;
    this.spanIdAt = offset + field.span_id;
    out.traceId(this.traceIdBytes, this.traceIdAt).spanId(bytes, this.spanIdAt);
    if (record.isServer && view.getUint8(offset + field.client_observed) !== 0)
      out.parentSpanId(bytes, offset + field.client_span_id);
    else if (joined) out.parentSpanId(this.#parent.parentId);
    out.traceState(this.#traceStateOf(record, joined));
  }

  #traceStateOf(record: RequestRecord, joined: boolean): string {
    const { view, bytes, offset, head } = record;
    const lo = view.getInt32(offset + field.threshold, true);
    const hi = view.getInt32(offset + field.threshold + 4, true);
    if (lo !== this.#thresholdLo || hi !== this.#thresholdHi) this.#setThreshold(lo, hi);
    const sampled = (lo | hi) !== 0;
    if (!joined || !(sampled || head.tracestate.present)) return this.#traceState;
    // Without a valid traceparent a tracestate says nothing.
    const incoming = headerValues(view, record.headStart, record.headEnd, "tracestate").join(",");
    const randomness = sampled ? randomnessHex(bytes, offset + field.trace_id) : undefined;
    return mergeTraceState(incoming, this.#threshold, randomness);
  }

  #setThreshold(lo: number, hi: number): void {
    this.#thresholdLo = lo;
    this.#thresholdHi = hi;
    this.#threshold = thresholdHex((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
    this.#traceState = mergeTraceState("", this.#threshold, undefined);
  }
}
