// Hot path: the latest span of each bucket of a histogram, until the next collection.
import { Nanos } from "../../pdata/index.ts";

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const BYTES = TRACE_ID_BYTES + SPAN_ID_BYTES;

/** Where the ids of a span are. */
export interface SpanIds {
  readonly traceIdBytes: Uint8Array;
  readonly traceIdAt: number;
  readonly spanIdBytes: Uint8Array;
  readonly spanIdAt: number;
}

/** At most one exemplar for each bucket. */
export class Exemplars {
  readonly #ids: Uint8Array;
  readonly #values: Float64Array;
  readonly #times: Int32Array;
  /** Bit i: bucket i has one. */
  #present = 0;

  constructor(buckets: number) {
    this.#ids = new Uint8Array(BYTES * buckets);
    this.#values = new Float64Array(buckets);
    this.#times = new Int32Array(2 * buckets);
  }

  /** Keeps a span as the latest of its bucket. */
  set(bucket: number, value: number, time: Nanos, span: SpanIds): void {
    const { traceIdBytes, traceIdAt, spanIdBytes, spanIdAt } = span;
    const ids = this.#ids;
    const at = BYTES * bucket;
    for (let i = 0; i < TRACE_ID_BYTES; i++) ids[at + i] = traceIdBytes[traceIdAt + i]!;
    for (let i = 0; i < SPAN_ID_BYTES; i++) ids[at + TRACE_ID_BYTES + i] = spanIdBytes[spanIdAt + i]!;
    this.#values[bucket] = value;
    this.#times[2 * bucket] = time.lo;
    this.#times[2 * bucket + 1] = time.hi;
    this.#present |= 1 << bucket;
  }

  /** Hands over what there is, lowest bucket first, and begins anew. The arrays are valid during the call. */
  take(each: (value: number, time: Nanos, traceId: Uint8Array, spanId: Uint8Array) => void): void {
    const time = new Nanos();
    for (let bucket = 0; this.#present !== 0; bucket++) {
      const bit = 1 << bucket;
      if (!(this.#present & bit)) continue;
      this.#present &= ~bit;
      const at = BYTES * bucket;
      time.setU32(this.#times[2 * bucket]!, this.#times[2 * bucket + 1]!);
      each(
        this.#values[bucket]!,
        time,
        this.#ids.subarray(at, at + TRACE_ID_BYTES),
        this.#ids.subarray(at + TRACE_ID_BYTES, at + BYTES),
      );
    }
  }
}
