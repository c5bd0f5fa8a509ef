// What the benchmark's sender and black hole say to each other and to the benchmark.
import type { Signal } from "../../src/pdata/index.ts";

/** How requests are sent. */
export type Protocol = "grpc" | "http/json";
export type Compression = "gzip" | "none";

/** To the sender: send copies of this body for a while. */
export interface Load {
  readonly protocol: Protocol;
  readonly port: number;
  readonly signal: Signal;
  readonly compression: Compression;
  /** Base64, as messages between processes are JSON. */
  readonly body: string;
  readonly seconds: number;
  /** Requests under way at once. */
  readonly concurrency: number;
}

/** From the sender. */
export interface Sent {
  readonly accepted: number;
  readonly refused: number;
}

/** To the black hole. */
export interface Ask {
  readonly reset: boolean;
}

/** From the black hole: items that came since it was last reset. */
export interface Swallowed {
  readonly items: number;
  readonly bytes: number;
}

export const GRPC_PATHS: { readonly [S in Signal]: string } = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};
