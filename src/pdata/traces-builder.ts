// Hot path: encodes spans as OTLP, straight into bytes.
import { OtlpBuilder } from "./builder.ts";
import { Traces } from "./data.ts";
import type { Nanos } from "./nanos.ts";
import type { Slabs } from "./slabs.ts";

/** OTLP's Span.SpanKind. */
export const SPAN_KIND = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
} as const;
/** OTLP's Status.StatusCode. */
export const STATUS_CODE = { unset: 0, ok: 1, error: 2 } as const;

const TAG = {
  span: 0x12,
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  startTime: 0x39,
  endTime: 0x41,
  attributes: 0x4a,
  status: 0x7a,
} as const;
const STATUS_TAG = { message: 0x12, code: 0x18 } as const;
const FLAGS_FIELD = 16;

/** Builds Traces. Inside `beginSpan` … `endSpan` fields and attributes may come in any order. */
export class TracesBuilder extends OtlpBuilder {
  #span = 0;

  beginSpan(): this {
    this.#span = this.beginItem(TAG.span, TAG.attributes);
    this.items++;
    return this;
  }

  endSpan(): this {
    this.endItem(this.#span);
    return this;
  }

  /** Sixteen bytes of `source` at `offset`. */
  traceId(source: Uint8Array, offset = 0): this {
    this.out.bytes(TAG.traceId, source, offset, offset + 16);
    return this;
  }

  /** Eight bytes of `source` at `offset`. */
  spanId(source: Uint8Array, offset = 0): this {
    this.out.bytes(TAG.spanId, source, offset, offset + 8);
    return this;
  }

  /** Eight bytes of `source` at `offset`; leave it out for a root span. */
  parentSpanId(source: Uint8Array, offset = 0): this {
    this.out.bytes(TAG.parentSpanId, source, offset, offset + 8);
    return this;
  }

  traceState(value: string): this {
    this.out.string(TAG.traceState, value);
    return this;
  }

  /** W3C trace flags in the low 8 bits, OTLP's own above. */
  flags(value: number): this {
    this.out.fixed32(FLAGS_FIELD, value);
    return this;
  }

  name(value: string): this {
    this.out.string(TAG.name, value);
    return this;
  }

  /** The name from bytes, without making a string. */
  nameBytes(source: Uint8Array, start = 0, end: number = source.length): this {
    this.out.utf8(TAG.name, source, start, end);
    return this;
  }

  /** One of SPAN_KIND. */
  kind(value: number): this {
    this.out.uint32(TAG.kind, value);
    return this;
  }

  startTime(time: Nanos): this {
    this.out.time(TAG.startTime, time);
    return this;
  }

  endTime(time: Nanos): this {
    this.out.time(TAG.endTime, time);
    return this;
  }

  /** One of STATUS_CODE; leave it out for unset. */
  status(code: number, message = ""): this {
    const status = this.out.begin(TAG.status);
    if (message) this.out.string(STATUS_TAG.message, message);
    this.out.uint32(STATUS_TAG.code, code);
    this.out.end(status);
    return this;
  }

  /** Fields and attributes that `encodeSpanFields` prepared. */
  encodedFields(fields: Uint8Array): this {
    this.out.append(fields);
    return this;
  }

  /** What was built; the builder is empty afterwards and can be used again. */
  finish(): Traces {
    const count = this.items;
    return Traces.fromBytes(this.finishBytes(), count);
  }

  /** The same in memory of `slabs`, for who builds many that are soon gone. */
  finishIn(slabs: Slabs): Traces {
    const count = this.items;
    const { bytes, lease } = this.finishLent(slabs);
    return new Traces([bytes], count, [lease]);
  }
}

/** Prepares fields and attributes that many spans have in common, to be written in one go. */
export function encodeSpanFields(write: (span: TracesBuilder) => void): Uint8Array {
  const builder = new TracesBuilder(1024).beginResource().beginScope("").beginSpan();
  const start = builder.byteLength;
  write(builder);
  const end = builder.byteLength;
  return new Uint8Array(builder.endSpan().finish().bytes().subarray(start, end));
}
