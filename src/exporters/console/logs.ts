// A line per log record.
import type { ResourceItems } from "../../pdata/decode/common.ts";
import type { LogRecord } from "../../pdata/decode/logs.ts";
import { type Canvas, cell, drawLine, left, type Style, safe } from "./cells.ts";
import { clock, pairs, value, who } from "./text.ts";

const SEVERITIES = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const STYLES: readonly Style[] = ["dim", "dim", "green", "yellow", "red", "red"];

/** The lines of one batch, in the order in which they came. */
export function drawLogs(logs: readonly ResourceItems<LogRecord>[], canvas: Canvas): string {
  const lines = logs.flatMap(({ resource, scopes }) =>
    scopes.flatMap(({ items }) => items.map((record) => drawRecord(record, who(resource), canvas))),
  );
  return lines.join("");
}

function drawRecord(record: LogRecord, name: string, canvas: Canvas): string {
  const level = Math.floor((record.severityNumber - 1) / 4);
  const severity = safe(record.severityText) || SEVERITIES[level] || "LOG";
  const body = [safe(record.eventName), value(record.body)].filter(Boolean).join(" ");
  const cells = [
    cell(`${clock(record.time || record.observedTime)}  `, "dim"),
    cell(left(severity.toUpperCase(), 6), STYLES[level] ?? "plain"),
    cell(` ${name}  `),
    cell(body, level >= 4 ? "red" : "bold"),
    cell(record.attributes.length > 0 ? `  ${pairs(record.attributes)}` : "", "dim"),
  ];
  const trace = record.traceId && `  trace ${record.traceId.slice(0, 8)}…`;
  return drawLine([...cells, { text: trace, style: "dim", optional: true }], canvas);
}
