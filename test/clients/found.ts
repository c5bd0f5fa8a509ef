// What a wattspan wrote with its file exporter, item by item.
import { readFileSync } from "node:fs";
import { type AnyValue, canonical, type KeyValue, type Message } from "./otlp-json.ts";

/** An item and whose it is. */
export interface Found {
  readonly resource: Message;
  readonly scope: Message;
  /** Of the scope. */
  readonly schemaUrl: string;
  readonly item: Message;
}

/** Everything in a file. */
export interface Written {
  readonly spans: readonly Found[];
  readonly metrics: readonly Found[];
  readonly logs: readonly Found[];
}

type Level = Readonly<Record<string, readonly Level[] | undefined>>;

/** Reads a file of OTLP's JSON, a request a line. */
export function readWritten(path: string): Written {
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  const requests = lines.map((line) => JSON.parse(line) as Level);
  return {
    spans: requests.flatMap((request) => items(request, "resourceSpans", "scopeSpans", "spans")),
    metrics: requests.flatMap((request) => items(request, "resourceMetrics", "scopeMetrics", "metrics")),
    logs: requests.flatMap((request) => items(request, "resourceLogs", "scopeLogs", "logRecords")),
  };
}

function items(request: Level, resources: string, scopes: string, records: string): Found[] {
  return (request[resources] ?? []).flatMap((ofResource) =>
    (ofResource[scopes] ?? []).flatMap((ofScope) =>
      (ofScope[records] ?? []).map((item) => ({
        resource: canonical((ofResource.resource as object | undefined) ?? {}),
        scope: canonical((ofScope.scope as object | undefined) ?? {}),
        schemaUrl: (ofScope.schemaUrl as string | undefined) ?? "",
        item: canonical(item),
      })),
    ),
  );
}

/** The value of an attribute. */
export function attribute(item: Message, key: string): AnyValue | undefined {
  return ((item.attributes ?? []) as readonly KeyValue[]).find((entry) => entry.key === key)?.value;
}
