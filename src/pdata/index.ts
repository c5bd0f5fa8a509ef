// Telemetry in flight: OTLP protobuf bytes, decoded only as deep as a component asks.
export type { Logs, Metrics, Traces } from "./data.ts";
export type { Signal, SignalData } from "./signal.ts";
