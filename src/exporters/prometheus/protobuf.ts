// Prometheus' protobuf format: io.prometheus.client.MetricFamily messages, each behind its length.
import { Writer } from "../../pdata/protobuf/writer.ts";
import { type Escaping, escapeName } from "./escaping.ts";
import { labelsOf } from "./labels.ts";
import { type Spans, toNative } from "./native-histogram.ts";
import type { Family } from "./series-store.ts";
import { cumulativeBuckets, exemplarsByBucket } from "./text.ts";
import type {
  ExponentialValue,
  HistogramValue,
  NumberValue,
  ShownExemplar,
  SummaryValue,
  Value,
} from "./values.ts";

const TYPES = { counter: 0, gauge: 1, summary: 2, histogram: 4 } as const;

export interface ProtobufOptions {
  readonly escaping: Escaping;
  readonly timestamps: boolean;
}

/** All families as delimited messages. */
export function toProtobuf(families: readonly Family[], options: ProtobufOptions): Buffer {
  const out = new Writer();
  for (const family of families) {
    const start = out.open();
    writeFamily(out, family, options);
    out.close(start);
  }
  return out.take();
}

/** A message field, tag and all. */
function message(out: Writer, tag: number, write: () => void): void {
  out.reserve(1);
  out.buf[out.pos++] = tag;
  const start = out.open();
  write();
  out.close(start);
}

function writeFamily(out: Writer, family: Family, { escaping, timestamps }: ProtobufOptions): void {
  out.string(0x0a, escapeName(family.name, escaping));
  out.string(0x12, family.help);
  out.uint32(0x18, TYPES[family.type]);
  for (const [key, { value }] of family.series) {
    message(out, 0x22, () => {
      writeLabels(out, key, escaping);
      writeValue(out, family, value);
      if (timestamps && value.time > 0n) varint64(out, 0x30, value.time / 1_000_000n);
    });
  }
}

function writeLabels(out: Writer, key: string, escaping: Escaping): void {
  const labels = labelsOf(key, escaping);
  for (let i = 0; i < labels.length; i += 2) writeLabel(out, labels[i]!, labels[i + 1]!);
}

function writeLabel(out: Writer, name: string, value: string): void {
  message(out, 0x0a, () => {
    out.string(0x0a, name);
    out.string(0x12, value);
  });
}

function writeValue(out: Writer, { type }: Family, value: Value): void {
  if (value.type === "summary") writeSummary(out, value);
  else if (value.type === "histogram") message(out, 0x3a, () => writeHistogram(out, value));
  else if (value.type === "exponential") message(out, 0x3a, () => writeNative(out, value));
  else if (type === "counter") writeCounter(out, value);
  else message(out, 0x12, () => out.double(0x09, Number(value.value)));
}

function writeCounter(out: Writer, { value, exemplars, startTime }: NumberValue): void {
  message(out, 0x1a, () => {
    out.double(0x09, Number(value));
    const exemplar = exemplars.at(-1);
    if (exemplar) writeExemplar(out, 0x12, exemplar);
    writeCreated(out, 0x1a, startTime);
  });
}

function writeSummary(out: Writer, { count, sum, quantiles, startTime }: SummaryValue): void {
  message(out, 0x22, () => {
    varint64(out, 0x08, count);
    out.double(0x11, sum);
    for (const { quantile, value } of quantiles) {
      message(out, 0x1a, () => {
        out.double(0x09, quantile);
        out.double(0x11, value);
      });
    }
    writeCreated(out, 0x22, startTime);
  });
}

function writeHistogram(out: Writer, value: HistogramValue): void {
  varint64(out, 0x08, value.count);
  out.double(0x11, value.sum);
  const cumulative = cumulativeBuckets(value);
  const exemplars = exemplarsByBucket(value, cumulative);
  for (const [i, { bound, count }] of cumulative.entries()) {
    const exemplar = exemplars[i];
    if (bound === Number.POSITIVE_INFINITY && !exemplar) continue; // The count says it.
    message(out, 0x1a, () => {
      varint64(out, 0x08, count);
      out.double(0x11, bound);
      if (exemplar) writeExemplar(out, 0x1a, exemplar);
    });
  }
  writeCreated(out, 0x7a, value.startTime);
}

function writeNative(out: Writer, value: ExponentialValue): void {
  const { schema, zeroThreshold, positive, negative } = toNative(value);
  varint64(out, 0x08, value.count);
  out.double(0x11, value.sum);
  out.uint32(0x28, zigzag(schema));
  out.double(0x31, zeroThreshold);
  varint64(out, 0x38, value.zeroCount);
  writeSpans(out, negative, 0x4a, 0x52);
  writeSpans(out, positive, 0x62, 0x6a);
  writeCreated(out, 0x7a, value.startTime);
  for (const exemplar of value.exemplars) if (exemplar.time > 0n) writeExemplar16(out, exemplar);
}

function writeSpans(out: Writer, { spans, deltas }: Spans, spanTag: number, deltaTag: number): void {
  for (const { offset, length } of spans) {
    message(out, spanTag, () => {
      out.uint32(0x08, zigzag(offset));
      out.uint32(0x10, length);
    });
  }
  if (deltas.length === 0) return;
  message(out, deltaTag, () => {
    for (const delta of deltas) {
      out.reserve(10);
      out.rawVarint64(BigInt.asUintN(64, (BigInt(delta) << 1n) ^ (BigInt(delta) >> 63n)));
    }
  });
}

function writeExemplar(out: Writer, tag: number, exemplar: ShownExemplar): void {
  message(out, tag, () => writeExemplarFields(out, exemplar));
}

/** Histogram.exemplars is field 16, whose tag takes two bytes. */
function writeExemplar16(out: Writer, exemplar: ShownExemplar): void {
  out.reserve(1);
  out.buf[out.pos++] = 0x82;
  writeExemplar(out, 0x01, exemplar);
}

function writeExemplarFields(out: Writer, { traceId, spanId, value, time }: ShownExemplar): void {
  if (traceId !== "") writeLabel(out, "trace_id", traceId);
  if (spanId !== "") writeLabel(out, "span_id", spanId);
  out.double(0x11, value);
  writeTime(out, 0x1a, time);
}

/** When the series began; left out when nobody knows. */
function writeCreated(out: Writer, tag: number, startTime: bigint): void {
  if (startTime >= 1_000_000_000n) writeTime(out, tag, startTime);
}

/** A google.protobuf.Timestamp. */
function writeTime(out: Writer, tag: number, time: bigint): void {
  message(out, tag, () => {
    varint64(out, 0x08, time / 1_000_000_000n);
    const ns = Number(time % 1_000_000_000n);
    if (ns > 0) out.uint32(0x10, ns);
  });
}

function varint64(out: Writer, tag: number, value: number | bigint): void {
  out.reserve(11);
  out.buf[out.pos++] = tag;
  out.rawVarint64(value);
}

function zigzag(value: number): number {
  return ((value << 1) ^ (value >> 31)) >>> 0;
}
