// The messages of OTLP 1.11, in the order in which the Collector writes their fields to JSON.
import type { Signal } from "../signal.ts";
import { type Declaration, Message } from "./fields.ts";
import {
  BOOL,
  BYTES,
  DOUBLE,
  enumKind,
  FIXED32,
  FIXED64,
  INT32,
  INT64,
  type Kind,
  SFIXED64,
  SINT32,
  SPAN_ID,
  STRING,
  TRACE_ID,
  UINT32,
  UINT64,
} from "./kinds.ts";

type Type = Kind | Message;

const one = (number: number, type: Type): Declaration => ({ number, type });
const many = (number: number, type: Type): Declaration => ({ number, type, repeated: true });
const optional = (number: number, type: Type): Declaration => ({ number, type, presence: "explicit" });
/** A message the Collector has by value, so that its JSON shows it when it is empty, too. */
const always = (number: number, type: Type): Declaration => ({ number, type, presence: "always" });
const choice = (number: number, type: Type): Declaration => ({ ...optional(number, type), choice: true });

function message(name: string, declarations: Readonly<Record<string, Declaration>>): Message {
  return new Message(name).define(declarations);
}

const SPAN_KIND = enumKind("SPAN_KIND_", [
  "UNSPECIFIED",
  "INTERNAL",
  "SERVER",
  "CLIENT",
  "PRODUCER",
  "CONSUMER",
]);
const STATUS_CODE = enumKind("STATUS_CODE_", ["UNSET", "OK", "ERROR"]);
const TEMPORALITY = enumKind("AGGREGATION_TEMPORALITY_", ["UNSPECIFIED", "DELTA", "CUMULATIVE"]);
const SEVERITY = enumKind("SEVERITY_NUMBER_", [
  "UNSPECIFIED",
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name) =>
    ["", "2", "3", "4"].map((step) => name + step),
  ),
]);

/** The only message that may hold itself. */
export const ANY_VALUE: Message = new Message("AnyValue");
const KEY_VALUE = message("KeyValue", {
  key: one(1, STRING),
  value: always(2, ANY_VALUE),
  keyStrindex: one(3, INT32),
});
ANY_VALUE.define({
  stringValue: choice(1, STRING),
  boolValue: choice(2, BOOL),
  intValue: choice(3, INT64),
  doubleValue: choice(4, DOUBLE),
  arrayValue: choice(5, message("ArrayValue", { values: many(1, ANY_VALUE) })),
  kvlistValue: choice(6, message("KeyValueList", { values: many(1, KEY_VALUE) })),
  bytesValue: choice(7, BYTES),
  stringValueStrindex: choice(8, INT32),
});

const ENTITY_REF = message("EntityRef", {
  schemaUrl: one(1, STRING),
  type: one(2, STRING),
  idKeys: many(3, STRING),
  descriptionKeys: many(4, STRING),
});

const RESOURCE = message("Resource", {
  attributes: many(1, KEY_VALUE),
  droppedAttributesCount: one(2, UINT32),
  entityRefs: many(3, ENTITY_REF),
});

const SCOPE = message("InstrumentationScope", {
  name: one(1, STRING),
  version: one(2, STRING),
  attributes: many(3, KEY_VALUE),
  droppedAttributesCount: one(4, UINT32),
});

const SPAN_EVENT = message("Span.Event", {
  timeUnixNano: one(1, FIXED64),
  name: one(2, STRING),
  attributes: many(3, KEY_VALUE),
  droppedAttributesCount: one(4, UINT32),
});

const SPAN_LINK = message("Span.Link", {
  traceId: one(1, TRACE_ID),
  spanId: one(2, SPAN_ID),
  traceState: one(3, STRING),
  attributes: many(4, KEY_VALUE),
  droppedAttributesCount: one(5, UINT32),
  flags: one(6, FIXED32),
});

const SPAN = message("Span", {
  traceId: one(1, TRACE_ID),
  spanId: one(2, SPAN_ID),
  traceState: one(3, STRING),
  parentSpanId: one(4, SPAN_ID),
  flags: one(16, FIXED32),
  name: one(5, STRING),
  kind: one(6, SPAN_KIND),
  startTimeUnixNano: one(7, FIXED64),
  endTimeUnixNano: one(8, FIXED64),
  attributes: many(9, KEY_VALUE),
  droppedAttributesCount: one(10, UINT32),
  events: many(11, SPAN_EVENT),
  droppedEventsCount: one(12, UINT32),
  links: many(13, SPAN_LINK),
  droppedLinksCount: one(14, UINT32),
  status: always(15, message("Status", { message: one(2, STRING), code: one(3, STATUS_CODE) })),
});

const EXEMPLAR = message("Exemplar", {
  filteredAttributes: many(7, KEY_VALUE),
  timeUnixNano: one(2, FIXED64),
  asDouble: choice(3, DOUBLE),
  asInt: choice(6, SFIXED64),
  traceId: one(5, TRACE_ID),
  spanId: one(4, SPAN_ID),
});

const TIMES = { startTimeUnixNano: one(2, FIXED64), timeUnixNano: one(3, FIXED64) };

const NUMBER_POINT = message("NumberDataPoint", {
  attributes: many(7, KEY_VALUE),
  ...TIMES,
  asDouble: choice(4, DOUBLE),
  asInt: choice(6, SFIXED64),
  exemplars: many(5, EXEMPLAR),
  flags: one(8, UINT32),
});

const HISTOGRAM_POINT = message("HistogramDataPoint", {
  attributes: many(9, KEY_VALUE),
  ...TIMES,
  count: one(4, FIXED64),
  sum: optional(5, DOUBLE),
  bucketCounts: many(6, FIXED64),
  explicitBounds: many(7, DOUBLE),
  exemplars: many(8, EXEMPLAR),
  flags: one(10, UINT32),
  min: optional(11, DOUBLE),
  max: optional(12, DOUBLE),
});

const BUCKETS = message("ExponentialHistogramDataPoint.Buckets", {
  offset: one(1, SINT32),
  bucketCounts: many(2, UINT64),
});

const EXPONENTIAL_POINT = message("ExponentialHistogramDataPoint", {
  attributes: many(1, KEY_VALUE),
  ...TIMES,
  count: one(4, FIXED64),
  sum: optional(5, DOUBLE),
  scale: one(6, SINT32),
  zeroCount: one(7, FIXED64),
  positive: always(8, BUCKETS),
  negative: always(9, BUCKETS),
  flags: one(10, UINT32),
  exemplars: many(11, EXEMPLAR),
  min: optional(12, DOUBLE),
  max: optional(13, DOUBLE),
  zeroThreshold: one(14, DOUBLE),
});

const SUMMARY_POINT = message("SummaryDataPoint", {
  attributes: many(7, KEY_VALUE),
  ...TIMES,
  count: one(4, FIXED64),
  sum: one(5, DOUBLE),
  quantileValues: many(6, message("ValueAtQuantile", { quantile: one(1, DOUBLE), value: one(2, DOUBLE) })),
  flags: one(8, UINT32),
});

const METRIC = message("Metric", {
  name: one(1, STRING),
  description: one(2, STRING),
  unit: one(3, STRING),
  gauge: choice(5, message("Gauge", { dataPoints: many(1, NUMBER_POINT) })),
  sum: choice(
    7,
    message("Sum", {
      dataPoints: many(1, NUMBER_POINT),
      aggregationTemporality: one(2, TEMPORALITY),
      isMonotonic: one(3, BOOL),
    }),
  ),
  histogram: choice(9, temporal("Histogram", HISTOGRAM_POINT)),
  exponentialHistogram: choice(10, temporal("ExponentialHistogram", EXPONENTIAL_POINT)),
  summary: choice(11, message("Summary", { dataPoints: many(1, SUMMARY_POINT) })),
  metadata: many(12, KEY_VALUE),
});

function temporal(name: string, point: Message): Message {
  return message(name, { dataPoints: many(1, point), aggregationTemporality: one(2, TEMPORALITY) });
}

const LOG_RECORD = message("LogRecord", {
  timeUnixNano: one(1, FIXED64),
  observedTimeUnixNano: one(11, FIXED64),
  severityNumber: one(2, SEVERITY),
  severityText: one(3, STRING),
  body: always(5, ANY_VALUE),
  attributes: many(6, KEY_VALUE),
  droppedAttributesCount: one(7, UINT32),
  flags: one(8, FIXED32),
  traceId: one(9, TRACE_ID),
  spanId: one(10, SPAN_ID),
  eventName: one(12, STRING),
});

/** Export request → ResourceX → ScopeX → items, with the names the signal gives them. */
function request(name: string, items: string, item: Message): Message {
  const scope = message(`Scope${name}`, {
    scope: always(1, SCOPE),
    [items]: many(2, item),
    schemaUrl: one(3, STRING),
  });
  const resource = message(`Resource${name}`, {
    resource: always(1, RESOURCE),
    [`scope${name}`]: many(2, scope),
    schemaUrl: one(3, STRING),
  });
  return message(`Export${name}ServiceRequest`, { [`resource${name}`]: many(1, resource) });
}

/** Each signal's Export request. */
export const REQUESTS: { readonly [S in Signal]: Message } = {
  traces: request("Spans", "spans", SPAN),
  metrics: request("Metrics", "metrics", METRIC),
  logs: request("Logs", "logRecords", LOG_RECORD),
};
