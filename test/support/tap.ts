// The seam between the case tables and what is tested with them: the live HTTP tap, or its recorded records.
import type { ExpectedRequest } from "./cases.ts";
import type { Endpoint } from "./talk.ts";

/** One request as the tap reported it. Times are CLOCK_MONOTONIC. */
export interface SeenRequest extends ExpectedRequest {
  readonly role: "client" | "server";
  readonly pid: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** The counters that the tests look at; names are the tap's. */
export type TapCounters = Readonly<Record<string, number>>;

export interface TestedTap {
  start(): Promise<void>;
  /** All requests completed since start, those of one connection and side in their order. */
  requests(): Promise<SeenRequest[]>;
  counters(): TapCounters;
  stop(): Promise<void>;
}
