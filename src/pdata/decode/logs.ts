// Decodes log records into plain objects, for components that show or test them.
import {
  type AnyValue,
  type Attributes,
  decodeItems,
  pushAttribute,
  type ResourceItems,
  readAnyValue,
} from "./common.ts";
import { type FieldTable, readFields, readId } from "./message.ts";

/** Ids are lower-case hex, empty when absent; times are nanoseconds since the epoch. */
export interface LogRecord {
  readonly time: bigint;
  readonly observedTime: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AnyValue;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
}

/** Decodes an ExportLogsServiceRequest. Throws MalformedError. */
export function decodeLogs(bytes: Uint8Array): ResourceItems<LogRecord>[] {
  return decodeItems(bytes, (message) => readFields(message, emptyRecord(), LOG_RECORD));
}

function emptyRecord(): LogRecord {
  return {
    time: 0n,
    observedTime: 0n,
    severityNumber: 0,
    severityText: "",
    eventName: "",
    body: undefined,
    attributes: [],
    droppedAttributesCount: 0,
    flags: 0,
    traceId: "",
    spanId: "",
  };
}

const LOG_RECORD: FieldTable<LogRecord> = {
  1: (into, field) => {
    into.time = field.fixed64();
  },
  2: (into, field) => {
    into.severityNumber = field.int32();
  },
  3: (into, field) => {
    into.severityText = field.string();
  },
  5: (into, field) => {
    into.body = readAnyValue(field.message());
  },
  6: (into, field) => pushAttribute(into.attributes, field),
  7: (into, field) => {
    into.droppedAttributesCount = field.uint32();
  },
  8: (into, field) => {
    into.flags = field.fixed32();
  },
  9: (into, field) => {
    into.traceId = readId(field, 16);
  },
  10: (into, field) => {
    into.spanId = readId(field, 8);
  },
  11: (into, field) => {
    into.observedTime = field.fixed64();
  },
  12: (into, field) => {
    into.eventName = field.string();
  },
};
