// One series of the metrics: requests that have all attributes in common, and their histogram.
import { Nanos } from "../../pdata/index.ts";
import type { Exemplars } from "./exemplars.ts";

/** enum http_role (bpf/http.h). */
export const ROLE = { server: 1, client: 2 } as const;

/** enum http_failure (bpf/http.h). */
export const FAILURE = { none: 0, closed: 1, reset: 2, cancelled: 3 } as const;

/** What tells the series of a process apart. */
export interface SeriesAttributes {
  readonly role: number;
  readonly method: number;
  /** 0: no response. */
  readonly status: number;
  readonly failure: number;
  readonly minorVersion: number;
  /** Of servers. */
  readonly route: string | undefined;
  /** Of clients. */
  readonly host: string | undefined;
  readonly port: number;
}

/** How large bodies were, in bytes. */
export interface SizeCounts {
  readonly buckets: Float64Array;
  sum: number;
}

/** Kept where body sizes are on. */
export interface BodySizes {
  readonly request: SizeCounts;
  readonly response: SizeCounts;
}

/** Cumulative since `start`, in doubles: exact to 2^53 requests. */
export class RequestSeries {
  readonly attributes: SeriesAttributes;
  readonly start: Nanos = new Nanos();
  readonly buckets: Float64Array;
  durationSumNs = 0;
  bodySizes: BodySizes | undefined;
  /** Spans since the last collection that fell in its buckets. */
  exemplars: Exemplars | undefined;

  constructor(attributes: SeriesAttributes, start: Nanos, buckets: number) {
    this.attributes = attributes;
    this.start.set(start);
    this.buckets = new Float64Array(buckets);
  }

  get count(): number {
    return sum(this.buckets);
  }
}

/** The sum of counts. */
export function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}

/** The error.type of a request; undefined where there is none. */
export function errorType(role: number, status: number, failure: number): string | undefined {
  if (failure === FAILURE.closed) return "connection_closed";
  if (failure === FAILURE.reset) return "connection_reset";
  return status >= (role === ROLE.server ? 500 : 400) ? String(status) : undefined;
}
