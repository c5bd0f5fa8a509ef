// Hot: what the sampler reads of spans and of log records.
import { type AnyValue, attributeKey, type MessageEditor, valueText } from "../../pdata/index.ts";
import { ALWAYS, NEVER, thresholdOf } from "../../pdata/sampling.ts";
import { type Carrier, recordCarrier, spanCarrier } from "./carrier.ts";
import type { ProbabilisticSamplerConfig } from "./config.ts";

/** Bytes to hash, and what decisions made from them are counted under. */
interface HashSource {
  readonly bytes: Uint8Array;
  readonly policy: string;
}

/** A signal's items. */
export interface Kind {
  carrier(item: MessageEditor): Carrier | undefined;
  traceId(item: MessageEditor): Uint8Array | undefined;
  hashed(item: MessageEditor): HashSource | undefined;
  /** The threshold that the item asks for itself. */
  priority(item: MessageEditor): bigint | undefined;
}

/** OTLP's field numbers. */
const SPAN_TRACE_ID = 1;
const LOG_TRACE_ID = 9;

export const kinds = {
  traces: (): Kind => spans,
  logs: (config: ProbabilisticSamplerConfig): Kind => logRecords(config),
};

const spans: Kind = {
  carrier: spanCarrier,
  traceId: (span) => traceIdOf(span, SPAN_TRACE_ID),
  hashed: (span) => hashedTraceId(span, SPAN_TRACE_ID),
  priority: (span) => spanPriority(span.attributes.get(PRIORITY)),
};

function logRecords({
  attributeSource,
  fromAttribute,
  samplingPriority,
  samplingPrecision,
}: ProbabilisticSamplerConfig): Kind {
  const from = attributeKey(fromAttribute);
  const priority = attributeKey(samplingPriority);
  return {
    carrier: recordCarrier,
    traceId: (record) => traceIdOf(record, LOG_TRACE_ID),
    hashed: (record) =>
      (attributeSource === "traceID" ? hashedTraceId(record, LOG_TRACE_ID) : undefined) ??
      (fromAttribute === "" ? undefined : hashedAttribute(record.attributes.get(from), fromAttribute)),
    priority: (record) =>
      samplingPriority === ""
        ? undefined
        : recordPriority(record.attributes.get(priority), samplingPrecision),
  };
}

/** Undefined for an id that is not there, or of zeros. */
function traceIdOf(item: MessageEditor, field: number): Uint8Array | undefined {
  const id = item.bytes(field);
  return id.length === 16 && id.some((byte) => byte !== 0) ? id : undefined;
}

function hashedTraceId(item: MessageEditor, field: number): HashSource | undefined {
  const bytes = traceIdOf(item, field);
  return bytes && { bytes, policy: "trace_id_hash" };
}

function hashedAttribute(value: AnyValue, policy: string): HashSource | undefined {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(valueText(value));
  return bytes.length > 0 ? { bytes, policy } : undefined;
}

const PRIORITY = attributeKey("sampling.priority");

/** OpenTracing's hint: 0 drops, more keeps. It may come as a number or as text. */
function spanPriority(value: AnyValue): bigint | undefined {
  if (typeof value === "boolean" || typeof value === "object" || value === undefined || value === "")
    return undefined;
  const number = Number(value);
  if (number === 0) return NEVER;
  return number > 0 ? ALWAYS : undefined;
}

/** A percentage with which the record wants to be kept. */
function recordPriority(value: AnyValue, precision: number): bigint | undefined {
  if (typeof value !== "number" && typeof value !== "bigint") return undefined;
  const probability = Number(value) / 100;
  return probability === 0 ? undefined : thresholdOf(probability, precision);
}
