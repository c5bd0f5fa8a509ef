// Writes the series of all processes as OTLP, by the semantic conventions of HTTP metrics.
import {
  internAttribute,
  internKey,
  type MetricDescriptor,
  type Metrics,
  MetricsBuilder,
  type Nanos,
} from "../../pdata/index.ts";
import {
  HTTP_CLIENT_ACTIVE_REQUESTS,
  HTTP_CLIENT_REQUEST_BODY_SIZE,
  HTTP_CLIENT_REQUEST_DURATION,
  HTTP_CLIENT_RESPONSE_BODY_SIZE,
  HTTP_ROUTE,
  HTTP_SERVER_ACTIVE_REQUESTS,
  HTTP_SERVER_REQUEST_BODY_SIZE,
  HTTP_SERVER_REQUEST_DURATION,
  HTTP_SERVER_RESPONSE_BODY_SIZE,
} from "../../semconv/http.ts";
import { SERVER_ADDRESS, SERVER_PORT } from "../../semconv/network.ts";
import { SCHEMA_URL } from "../../semconv/schema.ts";
import { URL_SCHEME } from "../../semconv/url.ts";
import { METHOD_ATTRIBUTES } from "./methods.ts";
import type { ActiveRequests, ObservedProcess } from "./observed-process.ts";
import {
  errorType,
  type RequestSeries,
  ROLE,
  type SeriesAttributes,
  type SizeCounts,
  sum,
} from "./request-series.ts";
import { SCOPE_NAME } from "./scope.ts";
import { errorAttribute, statusAttribute, versionAttribute } from "./span-keys.ts";

const ROUTE_KEY = internKey(HTTP_ROUTE);
const ADDRESS_KEY = internKey(SERVER_ADDRESS);
const PORT_KEY = internKey(SERVER_PORT);
const SCHEME = internAttribute(URL_SCHEME, "http");
const NS_IN_SECOND = 1e9;

/** The metrics of a role. */
interface RoleMetrics {
  readonly role: number;
  readonly duration: MetricDescriptor;
  readonly requestSize: MetricDescriptor;
  readonly responseSize: MetricDescriptor;
  readonly active: MetricDescriptor;
}

const ROLES: readonly RoleMetrics[] = [
  {
    role: ROLE.server,
    duration: HTTP_SERVER_REQUEST_DURATION,
    requestSize: HTTP_SERVER_REQUEST_BODY_SIZE,
    responseSize: HTTP_SERVER_RESPONSE_BODY_SIZE,
    active: HTTP_SERVER_ACTIVE_REQUESTS,
  },
  {
    role: ROLE.client,
    duration: HTTP_CLIENT_REQUEST_DURATION,
    requestSize: HTTP_CLIENT_REQUEST_BODY_SIZE,
    responseSize: HTTP_CLIENT_RESPONSE_BODY_SIZE,
    active: HTTP_CLIENT_ACTIVE_REQUESTS,
  },
];

export interface MetricsWriterSettings {
  readonly version: string;
  /** In seconds. */
  readonly durationBounds: readonly number[];
  /** In bytes. */
  readonly sizeBounds: readonly number[];
}

/** Writes one collection. */
export class MetricsWriter {
  readonly #settings: MetricsWriterSettings;
  readonly #out: MetricsBuilder = new MetricsBuilder(16_384);

  constructor(settings: MetricsWriterSettings) {
    this.#settings = settings;
  }

  /** Everything that is known, as of `now`; undefined where there is nothing. */
  write(processes: Iterable<ObservedProcess>, now: Nanos): Metrics | undefined {
    for (const process of processes) {
      if (process.series.size === 0 && process.active.size === 0) continue;
      this.#out
        .beginEncodedResource(process.resource, SCHEMA_URL)
        .beginScope(SCOPE_NAME, this.#settings.version, SCHEMA_URL);
      for (const metrics of ROLES) this.#writeRole(process, metrics, now);
    }
    return this.#out.itemCount === 0 ? undefined : this.#out.finish();
  }

  #writeRole(process: ObservedProcess, metrics: RoleMetrics, now: Nanos): void {
    // A series that only a span told of is counted by the next read.
    const all = [...process.series.values()].filter(
      ({ attributes, count }) => attributes.role === metrics.role && count > 0,
    );
    const sized = all.filter(({ bodySizes }) => bodySizes !== undefined);
    const active = [...process.active.values()].filter(({ role }) => role === metrics.role);
    if (all.length > 0) this.#writeDurations(metrics.duration, all, now);
    if (sized.length > 0) {
      this.#writeSizes(metrics.requestSize, sized, (series) => series.bodySizes!.request, now);
      this.#writeSizes(metrics.responseSize, sized, (series) => series.bodySizes!.response, now);
    }
    if (active.length > 0) this.#writeActive(metrics.active, active, process.since, now);
  }

  #writeDurations(descriptor: MetricDescriptor, all: readonly RequestSeries[], now: Nanos): void {
    const out = this.#out.beginHistogram(descriptor);
    for (const series of all) {
      out.beginPoint(now, series.start).count(series.count);
      out.sum(series.durationSumNs / NS_IN_SECOND);
      out.buckets(series.buckets, this.#settings.durationBounds);
      series.exemplars?.take((value, time, traceId, spanId) => out.exemplar(value, time, traceId, spanId));
      this.#writeAttributes(series.attributes);
      out.endPoint();
    }
    out.endMetric();
  }

  #writeSizes(
    descriptor: MetricDescriptor,
    all: readonly RequestSeries[],
    sizes: (series: RequestSeries) => SizeCounts,
    now: Nanos,
  ): void {
    const out = this.#out.beginHistogram(descriptor);
    for (const series of all) {
      const { buckets, sum: bytes } = sizes(series);
      out.beginPoint(now, series.start).count(sum(buckets)).sum(bytes);
      out.buckets(buckets, this.#settings.sizeBounds);
      this.#writeAttributes(series.attributes);
      out.endPoint();
    }
    out.endMetric();
  }

  #writeActive(descriptor: MetricDescriptor, all: readonly ActiveRequests[], start: Nanos, now: Nanos): void {
    const out = this.#out.beginSum(descriptor, false);
    for (const { role, method, host, port, open } of all) {
      out.beginPoint(now, start).intValue(open);
      this.#writeMethod(role, method);
      this.#writeServer(host, port);
      out.endPoint();
    }
    out.endMetric();
  }

  /** The scheme is a server's to tell; clients' metrics have it only on request (semantic conventions 1.44). */
  #writeMethod(role: number, method: number): void {
    this.#out.constAttr(METHOD_ATTRIBUTES[method] ?? METHOD_ATTRIBUTES[0]!);
    if (role === ROLE.server) this.#out.constAttr(SCHEME);
  }

  #writeAttributes(attributes: SeriesAttributes): void {
    const { role, method, status, failure, minorVersion, route, host, port } = attributes;
    const out = this.#out;
    this.#writeMethod(role, method);
    if (status !== 0) out.constAttr(statusAttribute(status));
    const error = errorType(role, status, failure);
    if (error !== undefined) out.constAttr(errorAttribute(error));
    out.constAttr(versionAttribute(minorVersion));
    if (route !== undefined) out.strAttr(ROUTE_KEY, route);
    this.#writeServer(host, port);
  }

  /** Of clients' series only. */
  #writeServer(host: string | undefined, port: number): void {
    if (host === undefined) return;
    this.#out.strAttr(ADDRESS_KEY, host);
    if (port > 0) this.#out.intAttr(PORT_KEY, port);
  }
}
