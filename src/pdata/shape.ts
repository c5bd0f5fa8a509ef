// How each signal nests, which is all that counting and splitting need to know.
import type { Signal } from "./signal.ts";

/** A message on the way from the request down to its items. */
export interface Shape {
  /** Fields that hold children; for a metric each kind of data has its own. */
  readonly children: readonly number[];
  /** What a child is; an item when undefined. */
  readonly child: Shape | undefined;
}

function nested(children: readonly number[], child?: Shape): Shape {
  return { children, child };
}

// Export*ServiceRequest → ResourceX → ScopeX → spans or log records.
const records = nested([1], nested([2], nested([2])));

/** Metrics as the items, instead of their points. */
export const METRICS: Shape = records;

/** The nesting of each signal's Export request. */
export const SHAPES: { readonly [S in Signal]: Shape } = {
  traces: records,
  logs: records,
  // … → Metric → gauge, sum, histogram, exponential histogram or summary → data points.
  metrics: nested([1], nested([2], nested([2], nested([5, 7, 9, 10, 11], nested([1]))))),
};
