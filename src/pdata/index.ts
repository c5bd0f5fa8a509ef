// Telemetry in flight: OTLP protobuf bytes, decoded only as deep as a component asks.
export { concatData, dataFromBytes, Logs, Metrics, Traces } from "./data.ts";
export type { AnyValue, KeyValueList } from "./decode/common.ts";
export { type AttributeKey, type AttributesEditor, attributeKey } from "./edit/attributes-editor.ts";
export { type Editor, editData, type Within } from "./edit/edit.ts";
export type { MessageEditor } from "./edit/message-editor.ts";
export { type InternedAttribute, type InternedKey, internAttribute, internKey } from "./keys.ts";
export { type MetricDescriptor, MetricsBuilder, TEMPORALITY } from "./metrics-builder.ts";
export { Nanos } from "./nanos.ts";
export { MalformedError } from "./protobuf/wire.ts";
export type { Signal, SignalData } from "./signal.ts";
export { type Lease, type LentBytes, Slabs } from "./slabs.ts";
export { encodeSpanFields, SPAN_KIND, STATUS_CODE, TracesBuilder } from "./traces-builder.ts";
export { valueText } from "./value-text.ts";
