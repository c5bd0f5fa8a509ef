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

/** The hooks that feed the tap. */
export type TapHooks = "raw_tracepoints" | "fexit" | "kprobes" | "syscalls";

export interface TapOptions {
  /** The best that the kernel offers when not given. */
  readonly hooks?: TapHooks;
}

/** The counters that the tests look at; names are the tap's. */
export type TapCounters = Readonly<Record<string, number>>;

export interface HttpTap {
  start(options: TapOptions): Promise<void>;
  /** All requests completed since start, those of one connection and side in their order. */
  requests(): Promise<SeenRequest[]>;
  counters(): TapCounters;
  stop(): Promise<void>;
}
