// What becomes of a series when its next data point comes, after the Collector's accumulator.
import { addExponential } from "./exponential.ts";
import type { HistogramValue, NumberValue, Value } from "./values.ts";

/** OTLP's AggregationTemporality. */
export const DELTA = 1;
export const CUMULATIVE = 2;

/** The series' value after `next`; undefined when `next` is out of order and must be left out. */
export function accumulate(previous: Value | undefined, next: Value, temporality: number): Value | undefined {
  if (!previous || previous.type !== next.type) return next;
  if (temporality !== DELTA || next.type === "summary") return next.time < previous.time ? undefined : next;
  if (next.type === "number") return addNumber(previous as NumberValue, next);
  if (next.startTime !== previous.time) {
    return next.startTime > previous.time ? next : undefined; // A later start is a restart.
  }
  if (next.type === "histogram") return addHistogram(previous as HistogramValue, next);
  return previous.type === "exponential" ? addExponential(previous, next) : next;
}

function addNumber(previous: NumberValue, next: NumberValue): NumberValue | undefined {
  if (next.time < previous.time) return undefined;
  if (next.startTime !== previous.time) return next;
  const bothWhole = typeof previous.value === "bigint" && typeof next.value === "bigint";
  const value = bothWhole
    ? (previous.value as bigint) + (next.value as bigint)
    : Number(previous.value) + Number(next.value);
  return { ...next, startTime: previous.startTime, value };
}

/** Histograms of other bounds cannot be added: the newer one stands alone. */
function addHistogram(previous: HistogramValue, next: HistogramValue): HistogramValue {
  const { startTime } = previous;
  const [older, newer] = next.time < previous.time ? [next, previous] : [previous, next];
  const sameBounds =
    older.bounds.length === newer.bounds.length &&
    older.bounds.every((bound, i) => bound === newer.bounds[i]);
  if (!sameBounds) return { ...newer, startTime };
  return {
    ...newer,
    startTime,
    count: newer.count + older.count,
    sum: newer.sum + older.sum,
    counts: newer.counts.map((count, i) => count + (older.counts[i] ?? 0)),
  };
}
