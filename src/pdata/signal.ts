import type { Logs, Metrics, Traces } from "./data.ts";

/** The shape of the data of each signal; the keys are the names pipelines use. */
export interface SignalData {
  readonly traces: Traces;
  readonly metrics: Metrics;
  readonly logs: Logs;
}

export type Signal = keyof SignalData;
