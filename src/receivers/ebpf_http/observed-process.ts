// A process with HTTP: its resource, its targets, its series.
import type { EncodedResource } from "../../pdata/builder.ts";
import type { Nanos } from "../../pdata/index.ts";
import type { RequestKind } from "./request-kind.ts";
import { errorType, RequestSeries, ROLE, type SeriesAttributes } from "./request-series.ts";
import { Targets } from "./target.ts";

/** Requests under way, by method and, of clients, the server asked. */
export interface ActiveRequests {
  readonly role: number;
  readonly method: number;
  readonly host: string | undefined;
  readonly port: number;
  open: number;
}

/** One process, from its first request until its last series was handed on. */
export class ObservedProcess {
  readonly pid: number;
  /** Halves of its start time (CLOCK_BOOTTIME), against pid reuse. */
  readonly startLo: number;
  readonly startHi: number;
  /** When it was first seen: the start of its counts of requests under way. */
  readonly since: Nanos;
  resource: EncodedResource;
  /** Bits of the discovery entries whose process keys it meets. */
  include: number;
  exclude: number;
  /** When a collection first found it ended, by the collector's clock. */
  endedAtMs: number | undefined;
  readonly series: Map<string, RequestSeries> = new Map();
  readonly active: Map<string, ActiveRequests> = new Map();
  readonly #serverTargets: Targets = new Targets();
  readonly #clientTargets: Targets = new Targets();

  constructor(identity: ProcessIdentity, since: Nanos) {
    this.pid = identity.pid;
    this.startLo = identity.startLo;
    this.startHi = identity.startHi;
    this.resource = identity.resource;
    this.include = identity.include;
    this.exclude = identity.exclude;
    this.since = since;
  }

  /** Takes what is known of it by now: it runs another program, or was not known before. */
  renew({ resource, include, exclude }: ProcessIdentity): void {
    this.resource = resource;
    this.include = include;
    this.exclude = exclude;
  }

  /** The targets of a role. */
  targets(role: number): Targets {
    return role === ROLE.server ? this.#serverTargets : this.#clientTargets;
  }

  /** The series of a kind of requests; made, as of `start`, when it is the first time. */
  seriesOf(kind: RequestKind, start: Nanos, buckets: number): RequestSeries {
    kind.series ??= this.#findSeries(kind.attributes, start, buckets);
    return kind.series;
  }

  /** The count of requests under way with these attributes; made when it is the first time. */
  activeOf(role: number, method: number, host: string | undefined, port: number): ActiveRequests {
    const key = `${role} ${method} ${host ?? ""} ${port}`;
    let active = this.active.get(key);
    if (!active) {
      active = { role, method, host, port, open: 0 };
      this.active.set(key, active);
    }
    return active;
  }

  /** Kinds that are exported with the same attributes have one series. */
  #findSeries(attributes: SeriesAttributes, start: Nanos, buckets: number): RequestSeries {
    const key = keyOf(attributes);
    let series = this.series.get(key);
    if (!series) {
      series = new RequestSeries(attributes, start, buckets);
      this.series.set(key, series);
    }
    return series;
  }
}

export interface ProcessIdentity {
  readonly pid: number;
  readonly startLo: number;
  readonly startHi: number;
  readonly resource: EncodedResource;
  readonly include: number;
  readonly exclude: number;
}

/** By the attributes that the series is exported with. */
function keyOf({ role, method, status, failure, minorVersion, route, host, port }: SeriesAttributes): string {
  const about = role === ROLE.server ? `/${route ?? ""}` : `${host ?? ""}:${port}`;
  return `${role} ${method} ${status} ${errorType(role, status, failure) ?? ""} ${minorVersion} ${about}`;
}
