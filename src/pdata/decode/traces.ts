// Decodes spans into plain objects, for components that show or test them.
import type { Reader } from "../protobuf/reader.ts";
import { type Attributes, decodeItems, pushAttribute, type ResourceItems } from "./common.ts";
import { type FieldTable, readFields, readId } from "./message.ts";

/** Ids are lower-case hex, empty when absent; times are nanoseconds since the epoch. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly name: string;
  /** One of SPAN_KIND. */
  readonly kind: number;
  readonly startTime: bigint;
  readonly endTime: bigint;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEventsCount: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinksCount: number;
  readonly status: SpanStatus;
}

export interface SpanStatus {
  /** One of STATUS_CODE. */
  readonly code: number;
  readonly message: string;
}

export interface SpanEvent {
  readonly time: bigint;
  readonly name: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly flags: number;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

/** Decodes an ExportTraceServiceRequest. Throws MalformedError. */
export function decodeTraces(bytes: Uint8Array): ResourceItems<Span>[] {
  return decodeItems(bytes, (message) => readFields(message, emptySpan(), SPAN));
}

function emptySpan(): Span {
  return {
    traceId: "",
    spanId: "",
    parentSpanId: "",
    traceState: "",
    flags: 0,
    name: "",
    kind: 0,
    startTime: 0n,
    endTime: 0n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: { code: 0, message: "" },
  };
}

function readEvent(reader: Reader): SpanEvent {
  return readFields(reader, { time: 0n, name: "", attributes: [], droppedAttributesCount: 0 }, EVENT);
}

function readLink(reader: Reader): SpanLink {
  const empty = {
    traceId: "",
    spanId: "",
    traceState: "",
    flags: 0,
    attributes: [],
    droppedAttributesCount: 0,
  };
  return readFields(reader, empty, LINK);
}

const SPAN: FieldTable<Span> = {
  1: (into, field) => {
    into.traceId = readId(field, 16);
  },
  2: (into, field) => {
    into.spanId = readId(field, 8);
  },
  3: (into, field) => {
    into.traceState = field.string();
  },
  4: (into, field) => {
    into.parentSpanId = readId(field, 8);
  },
  5: (into, field) => {
    into.name = field.string();
  },
  6: (into, field) => {
    into.kind = field.int32();
  },
  7: (into, field) => {
    into.startTime = field.fixed64();
  },
  8: (into, field) => {
    into.endTime = field.fixed64();
  },
  9: (into, field) => pushAttribute(into.attributes, field),
  10: (into, field) => {
    into.droppedAttributesCount = field.uint32();
  },
  11: (into, field) => {
    (into.events as SpanEvent[]).push(readEvent(field.message()));
  },
  12: (into, field) => {
    into.droppedEventsCount = field.uint32();
  },
  13: (into, field) => {
    (into.links as SpanLink[]).push(readLink(field.message()));
  },
  14: (into, field) => {
    into.droppedLinksCount = field.uint32();
  },
  15: (into, field) => {
    into.status = readFields(field.message(), { ...into.status }, STATUS);
  },
  16: (into, field) => {
    into.flags = field.fixed32();
  },
};

const STATUS: FieldTable<SpanStatus> = {
  2: (into, field) => {
    into.message = field.string();
  },
  3: (into, field) => {
    into.code = field.int32();
  },
};

const EVENT: FieldTable<SpanEvent> = {
  1: (into, field) => {
    into.time = field.fixed64();
  },
  2: (into, field) => {
    into.name = field.string();
  },
  3: (into, field) => pushAttribute(into.attributes, field),
  4: (into, field) => {
    into.droppedAttributesCount = field.uint32();
  },
};

const LINK: FieldTable<SpanLink> = {
  1: (into, field) => {
    into.traceId = readId(field, 16);
  },
  2: (into, field) => {
    into.spanId = readId(field, 8);
  },
  3: (into, field) => {
    into.traceState = field.string();
  },
  4: (into, field) => pushAttribute(into.attributes, field),
  5: (into, field) => {
    into.droppedAttributesCount = field.uint32();
  },
  6: (into, field) => {
    into.flags = field.fixed32();
  },
};
