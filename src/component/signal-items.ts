import type { Signal } from "../pdata/index.ts";

/** What the Collector's metric names call the items of a signal. */
export const SIGNAL_ITEMS: Readonly<Record<Signal, string>> = {
  traces: "spans",
  metrics: "metric_points",
  logs: "log_records",
};
