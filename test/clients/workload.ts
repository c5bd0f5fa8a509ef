// What each client is told to send: spans, measurements and log records of every kind their interfaces know. A client
// reads it as JSON from its standard input and answers with the ids it gave the spans.
import {
  type AnyValue,
  array,
  attributes,
  bytes,
  double,
  flag,
  int,
  type KeyValue,
  map,
  text,
} from "./otlp-json.ts";

/** A context that came from elsewhere. */
export interface RemoteParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
}

/** A span to make. Other spans are named by their place in the list. */
export interface SpanToSend {
  readonly name: string;
  /** As OTLP numbers them. */
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly start: string;
  readonly end: string;
  readonly parent?: number;
  readonly remoteParent?: RemoteParent;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly {
    readonly name: string;
    readonly time: string;
    readonly attributes: readonly KeyValue[];
  }[];
  readonly links: readonly { readonly span: number; readonly attributes: readonly KeyValue[] }[];
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string };
}

export type Instrument =
  | "counter"
  | "up_down_counter"
  | "gauge"
  | "histogram"
  | "exponential_histogram"
  | "observable_counter";

/** An instrument and what is measured with it. */
export interface MetricToSend {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly instrument: Instrument;
  readonly number: "int" | "double";
  readonly measurements: readonly {
    readonly value: number;
    readonly attributes: readonly KeyValue[];
    /** Measured in the context of this span. */
    readonly span: number;
  }[];
}

/** A log record to emit. */
export interface LogToSend {
  readonly time: string;
  readonly observedTime: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body?: AnyValue;
  readonly attributes: readonly KeyValue[];
  /** Emitted in the context of this span. */
  readonly span?: number;
}

/** All a client sends. */
export interface Workload {
  readonly resource: readonly KeyValue[];
  readonly scope: { readonly name: string; readonly version: string; readonly schemaUrl: string };
  readonly spans: readonly SpanToSend[];
  readonly metrics: readonly MetricToSend[];
  readonly logs: readonly LogToSend[];
}

/** Fewer than the 2,048 that an SDK's batch processor holds before it drops, in several batches of 512. */
const SPANS = 1_100;
const LOGS = 600;
const SERIES = 40;
const START = 1_700_000_000_123_456_789n;

/** Integers are at most what the client's numbers hold. */
export function workload(service: string, maxInteger: bigint): Workload {
  return {
    resource: attributes({
      "service.name": text(service),
      "service.instance.id": text("627cc493-f310-47de-96bd-71410b7dec09"),
      "process.pid": int(4711),
      "process.command_args": array(text("serve"), text("--port=0")),
    }),
    scope: {
      name: "example.com/client/ünïcode",
      version: "1.2.3",
      schemaUrl: "https://example.com/schema/1.0.0",
    },
    spans: Array.from({ length: SPANS }, (_, index) => span(index, maxInteger)),
    metrics: metrics(maxInteger),
    logs: Array.from({ length: LOGS }, (_, index) => log(index, maxInteger)),
  };
}

function time(offset: number): string {
  return String(START + BigInt(offset) * 1_000_003n);
}

/** The values that any attribute may have. */
function plainValues(index: number, maxInteger: bigint): Record<string, AnyValue> {
  return {
    index: int(index),
    "text.empty": text(""),
    "text.unicode": text(`größe 漢字 🐝 \u0000 "quoted" \\ ${index}`),
    "text.long": text("x".repeat(index % 700)),
    "flag.true": flag(true),
    "flag.false": flag(false),
    "int.zero": int(0),
    "int.negative": int(-index - 1),
    "int.most": int(maxInteger),
    "int.least": int(-maxInteger),
    "double.fraction": double(index + 0.1),
    "double.tiny": double(5e-324),
    "double.negative": double(-1234567.875),
    "list.texts": array(text("a"), text(""), text("ç")),
    "list.flags": array(flag(true), flag(false)),
    "list.ints": array(int(-1), int(0), int(maxInteger)),
    "list.doubles": array(double(0.5), double(-2.25)),
  };
}

function span(index: number, maxInteger: bigint): SpanToSend {
  const parent = index % 5 === 0 ? {} : { parent: index - (index % 5) };
  const remote = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceState: "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
  };
  return {
    name: `GET /things/${index}`,
    kind: 1 + (index % 5),
    start: time(index),
    end: time(index + 7),
    ...(index % 50 === 0 ? { remoteParent: remote } : parent),
    attributes: attributes(plainValues(index, maxInteger)),
    events: Array.from({ length: index % 3 }, (_, event) => ({
      name: `event ${event}`,
      time: time(index + event),
      attributes: attributes({ event: int(event), reason: text("it was time") }),
    })),
    links: Array.from({ length: Math.min(index, index % 4) }, (_, link) => ({
      span: index - 1 - link,
      attributes: attributes({ link: int(link) }),
    })),
    status: { code: index % 3, message: index % 3 === 2 ? `failed with ${index}` : "" },
  };
}

/** What an instrument is sent, by series and count; halves and quarters add up alike in any order. */
const MEASURED: Readonly<Record<Instrument, (series: number, count: number) => number>> = {
  counter: (series, count) => series + count,
  up_down_counter: (series, count) => (count % 2 ? -1 : 1) * (series + 3 * count),
  gauge: (series, count) => 2 * count - series,
  histogram: (series, count) => 3 * series * count,
  exponential_histogram: (series, count) => 3 * series * count,
  observable_counter: (series) => 11 * series,
};

function metrics(maxInteger: bigint): MetricToSend[] {
  return (Object.keys(MEASURED) as Instrument[]).flatMap((instrument) =>
    (["int", "double"] as const).map((number) => ({
      name: `client.${instrument}.${number}`,
      unit: "{thing}/s",
      description: `What a ${instrument} said, „${number}“.`,
      instrument,
      number,
      measurements: Array.from({ length: SERIES }, (_, series) =>
        Array.from({ length: instrument === "observable_counter" ? 1 : 5 }, (_, count) => ({
          value: MEASURED[instrument](series, count) + (number === "double" ? 0.25 : 0),
          attributes: attributes({
            series: int(series),
            most: int(maxInteger),
            "text.unicode": text("漢字"),
          }),
          span: series * 5,
        })),
      ).flat(),
    })),
  );
}

/** Bodies of every kind; none where it is undefined. */
function bodies(index: number): readonly (AnyValue | undefined)[] {
  return [
    text(`line ${index}: größe 漢字`),
    undefined,
    text(""),
    flag(false),
    int(-index),
    double(index + 0.5),
    bytes(new Uint8Array([0, 1, 254, 255])),
    array(text("mixed"), int(1), double(0.5), flag(true), array(), map({ deep: array(int(2)) })),
    map({ nested: map({ text: text("x"), bytes: bytes(new Uint8Array([7])) }), zero: int(0) }),
  ];
}

function log(index: number, maxInteger: bigint): LogToSend {
  const body = bodies(index)[index % 9];
  return {
    time: time(index),
    observedTime: time(index + 1),
    severityNumber: 1 + (index % 24),
    severityText: ["TRACE", "notice", ""][index % 3]!,
    eventName: index % 4 === 0 ? "client.thing.happened" : "",
    ...(body ? { body } : {}),
    attributes: attributes({
      ...plainValues(index, maxInteger),
      bytes: bytes(new Uint8Array([0, 255])),
      map: map({ inner: map({ list: array(text("a"), int(1)) }), empty: map({}) }),
    }),
    ...(index % 2 === 0 ? { span: index } : {}),
  };
}
