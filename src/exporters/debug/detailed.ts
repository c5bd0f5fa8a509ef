// `verbosity: detailed`: every field of everything, in the Collector's format.
import type { Resource, ResourceItems, Scope } from "../../pdata/decode/common.ts";
import type { LogRecord } from "../../pdata/decode/logs.ts";
import type { Metric } from "../../pdata/decode/metrics.ts";
import type { Span, SpanEvent, SpanLink } from "../../pdata/decode/traces.ts";
import { metricLines } from "./detailed-metrics.ts";
import { timestamp, typedValue } from "./go.ts";
import { attributeLines } from "./lines.ts";

const SPAN_KINDS = ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"];
const STATUS_CODES = ["Unset", "Ok", "Error"];
const SEVERITIES = ["Trace", "Debug", "Info", "Warn", "Error", "Fatal"];

export function detailedTraces(traces: readonly ResourceItems<Span>[]): string {
  return text(traces, "ResourceSpans", "ScopeSpans", spanLines);
}

export function detailedMetrics(metrics: readonly ResourceItems<Metric>[]): string {
  return text(metrics, "ResourceMetrics", "ScopeMetrics", metricLines);
}

export function detailedLogs(logs: readonly ResourceItems<LogRecord>[]): string {
  return text(logs, "ResourceLog", "ScopeLogs", recordLines);
}

function text<T>(
  groups: readonly ResourceItems<T>[],
  resourceName: string,
  scopeName: string,
  itemLines: (item: T, index: number) => string[],
): string {
  const lines: string[] = [];
  for (const [i, { resource, schemaUrl, scopes }] of groups.entries()) {
    lines.push(`${resourceName} #${i}`, `Resource SchemaURL: ${schemaUrl}`, ...resourceLines(resource));
    for (const [j, { scope, schemaUrl: scopeUrl, items }] of scopes.entries()) {
      lines.push(`${scopeName} #${j}`, `${scopeName} SchemaURL: ${scopeUrl}`, ...scopeLines(scope));
      for (const [k, item] of items.entries()) lines.push(...itemLines(item, k));
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}

function resourceLines({ attributes, entityRefs }: Resource): string[] {
  const lines = attributeLines("Resource attributes", attributes);
  if (entityRefs.length > 0) lines.push("Resource entity refs:");
  for (const [i, ref] of entityRefs.entries()) {
    lines.push(`     -> Entity ref #${i}:`, `          -> Type: ${ref.type}`);
    if (ref.schemaUrl) lines.push(`          -> Schema URL: ${ref.schemaUrl}`);
    lines.push(...keyLines("ID keys", ref.idKeys), ...keyLines("Description keys", ref.descriptionKeys));
  }
  return lines;
}

function keyLines(heading: string, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  return [`          -> ${heading}:`, ...keys.map((key) => `               -> ${key}`)];
}

function scopeLines({ name, version, attributes }: Scope): string[] {
  return [
    `InstrumentationScope ${name} ${version}`,
    ...attributeLines("InstrumentationScope attributes", attributes),
  ];
}

function spanLines(span: Span, index: number): string[] {
  const { status, traceState } = span;
  return [
    `Span #${index}`,
    field("Trace ID", span.traceId),
    field("Parent ID", span.parentSpanId),
    field("ID", span.spanId),
    field("Name", span.name),
    field("Kind", SPAN_KINDS[span.kind] ?? ""),
    ...(traceState ? [field("TraceState", traceState)] : []),
    field("Start time", timestamp(span.startTime)),
    field("End time", timestamp(span.endTime)),
    field("Status code", STATUS_CODES[status.code] ?? ""),
    field("Status message", status.message),
    field("DroppedAttributesCount", `${span.droppedAttributesCount}`, ""),
    field("DroppedEventsCount", `${span.droppedEventsCount}`, ""),
    field("DroppedLinksCount", `${span.droppedLinksCount}`, ""),
    ...attributeLines("Attributes", span.attributes),
    ...eventLines(span.events),
    ...linkLines(span.links),
  ];
}

function field(name: string, value: string, space = " "): string {
  return `    ${space ? name.padEnd(15) : name}: ${value}`;
}

function eventLines(events: readonly SpanEvent[]): string[] {
  if (events.length === 0) return [];
  const each = events.flatMap((event, i) => [
    `SpanEvent #${i}`,
    `     -> Name: ${event.name}`,
    `     -> Timestamp: ${timestamp(event.time)}`,
    `     -> DroppedAttributesCount: ${event.droppedAttributesCount}`,
    ...attributeLines("     -> Attributes:", event.attributes, "     "),
  ]);
  return ["Events:", ...each];
}

function linkLines(links: readonly SpanLink[]): string[] {
  if (links.length === 0) return [];
  const each = links.flatMap((link, i) => [
    `SpanLink #${i}`,
    `     -> Trace ID: ${link.traceId}`,
    `     -> ID: ${link.spanId}`,
    `     -> TraceState: ${link.traceState}`,
    `     -> DroppedAttributesCount: ${link.droppedAttributesCount}`,
    ...attributeLines("     -> Attributes:", link.attributes, "     "),
  ]);
  return ["Links:", ...each];
}

function recordLines(record: LogRecord, index: number): string[] {
  return [
    `LogRecord #${index}`,
    `ObservedTimestamp: ${timestamp(record.observedTime)}`,
    `Timestamp: ${timestamp(record.time)}`,
    `SeverityText: ${record.severityText}`,
    `SeverityNumber: ${severityName(record.severityNumber)}(${record.severityNumber})`,
    ...(record.eventName ? [`EventName: ${record.eventName}`] : []),
    `Body: ${typedValue(record.body)}`,
    ...attributeLines("Attributes", record.attributes),
    `Trace ID: ${record.traceId}`,
    `Span ID: ${record.spanId}`,
    `Flags: ${record.flags}`,
  ];
}

/** 9 → `Info`, 10 → `Info2`. */
function severityName(severity: number): string {
  if (severity === 0) return "Unspecified";
  const name = SEVERITIES[Math.floor((severity - 1) / 4)];
  if (name === undefined) return "";
  const step = (severity - 1) % 4;
  return step === 0 ? name : `${name}${step + 1}`;
}
