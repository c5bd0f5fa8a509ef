// What must have come of a workload, as OTLP's JSON, in the form that `canonical` gives.
import { isDeepStrictEqual } from "node:util";
import { canonical, type KeyValue, type Message } from "./otlp-json.ts";
import type { LogToSend, MetricToSend, SpanToSend, Workload } from "./workload.ts";

/** What a client called one of its spans. */
export interface SpanId {
  readonly traceId: string;
  readonly spanId: string;
  /** The trace's: sampled, and whether its id is random. */
  readonly flags: number;
}

/** What an SDK leaves out of what it is told. */
export interface Traits {
  readonly keepsExemplars: boolean;
  /** Its spans and links say the flags of the trace, not only whether a parent is remote. */
  readonly sendsTraceFlags: boolean;
  readonly sendsTraceStateOfLinks: boolean;
}

const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
const DELTA = 1;
const CUMULATIVE = 2;
/** The histogram buckets that SDKs have by default. */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/** The spans, in their order. */
export function expectedSpans({ spans }: Workload, ids: readonly SpanId[], traits: Traits): Message[] {
  return spans.map((span, index) => expectedSpan(span, index, spans, ids, traits));
}

function expectedSpan(
  { start, end, events, parent, remoteParent, links, ...span }: SpanToSend,
  index: number,
  spans: readonly SpanToSend[],
  ids: readonly SpanId[],
  { sendsTraceFlags, sendsTraceStateOfLinks }: Traits,
): Message {
  const flagsOf = (of: number) => HAS_IS_REMOTE | (sendsTraceFlags ? ids[of]!.flags : 0);
  return canonical({
    ...ids[index],
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: start,
    endTimeUnixNano: end,
    parentSpanId: remoteParent?.spanId ?? (parent === undefined ? "" : ids[parent]!.spanId),
    traceState: traceState(spans, index),
    flags: flagsOf(index) | (remoteParent ? IS_REMOTE : 0),
    attributes: span.attributes,
    events: events.map((event) => ({
      name: event.name,
      timeUnixNano: event.time,
      attributes: event.attributes,
    })),
    links: links.map((link) => ({
      ...ids[link.span],
      traceState: sendsTraceStateOfLinks ? traceState(spans, link.span) : "",
      attributes: link.attributes,
      flags: flagsOf(link.span),
    })),
    status: span.status,
  });
}

/** A trace's state is handed from parent to child. */
function traceState(spans: readonly SpanToSend[], index: number): string {
  const { remoteParent, parent } = spans[index]!;
  return remoteParent?.traceState ?? (parent === undefined ? "" : traceState(spans, parent));
}

/** The log records, in their order. */
export function expectedLogs({ logs }: Workload, ids: readonly SpanId[]): Message[] {
  return logs.map(({ time, observedTime, span, ...log }: LogToSend) =>
    canonical({
      ...log,
      timeUnixNano: time,
      observedTimeUnixNano: observedTime,
      ...(span === undefined ? {} : ids[span]),
    }),
  );
}

type Measurement = MetricToSend["measurements"][number];

/** The metrics, in their order, without the times of their points and without exemplars. */
export function expectedMetrics({ metrics }: Workload, isDelta: boolean): Message[] {
  return metrics.map((metric) => {
    const { name, unit, description, instrument } = metric;
    const series = Map.groupBy(metric.measurements, (measured) => JSON.stringify(measured.attributes));
    const dataPoints = [...series.values()].map((measured) => dataPoint(metric, measured));
    const aggregationTemporality = isDelta && instrument !== "up_down_counter" ? DELTA : CUMULATIVE;
    const data = { dataPoints, aggregationTemporality };
    const described = { name, unit, description };
    if (instrument === "gauge") return canonical({ ...described, gauge: { dataPoints } });
    if (instrument === "histogram") return canonical({ ...described, histogram: data });
    if (instrument === "exponential_histogram")
      return canonical({ ...described, exponentialHistogram: data });
    return canonical({ ...described, sum: { ...data, isMonotonic: instrument !== "up_down_counter" } });
  });
}

function dataPoint({ instrument, number }: MetricToSend, measured: readonly Measurement[]): object {
  const attributes: readonly KeyValue[] = measured[0]!.attributes;
  const values = measured.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  if (instrument === "histogram" || instrument === "exponential_histogram") {
    const summary = { count: String(values.length), sum, min: Math.min(...values), max: Math.max(...values) };
    const buckets = instrument === "histogram" ? explicitBuckets(values) : { values };
    return { attributes, ...summary, ...buckets };
  }
  const value = instrument === "gauge" ? values.at(-1)! : sum;
  return { attributes, ...(number === "int" ? { asInt: String(value) } : { asDouble: value }) };
}

function explicitBuckets(values: readonly number[]): object {
  const bucketCounts = Array.from({ length: BOUNDS.length + 1 }, () => 0);
  for (const value of values) {
    const index = BOUNDS.findIndex((bound) => value <= bound);
    bucketCounts[index < 0 ? BOUNDS.length : index]!++;
  }
  return { bucketCounts: bucketCounts.map(String), explicitBounds: BOUNDS };
}

interface ExponentialPoint {
  readonly scale?: number;
  readonly zeroCount?: string;
  readonly positive?: Buckets;
  readonly negative?: Buckets;
}

interface Buckets {
  readonly offset?: number;
  readonly bucketCounts?: readonly string[];
}

/**
 * Puts `values` in the place of the buckets when those hold exactly these values: how fine its scale is, is the SDK's
 * choice.
 */
export function withValuesOfBuckets(point: Message, values: readonly number[]): Message {
  const { scale = 0, zeroCount = "0", positive = {}, negative = {}, ...rest } = point as ExponentialPoint;
  const expected = new Map<number, number>();
  for (const value of values.filter((it) => it > 0).sort((a, b) => a - b)) {
    const index = Math.ceil(Math.log2(value) * 2 ** scale) - 1;
    expected.set(index, (expected.get(index) ?? 0) + 1);
  }
  const zeros = values.filter((value) => value === 0).length;
  const found = [[...counted(positive)], [...counted(negative)], Number(zeroCount)];
  return isDeepStrictEqual(found, [[...expected], [], zeros]) ? { ...rest, values } : point;
}

/** The buckets that are not empty, by their index. */
function counted({ offset = 0, bucketCounts = [] }: Buckets): Map<number, number> {
  const counts = bucketCounts.map((count, index) => [offset + index, Number(count)] as const);
  return new Map(counts.filter(([, count]) => count > 0));
}
