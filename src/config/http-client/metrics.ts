// What is counted of answered requests at the level `detailed`: the metrics of OpenTelemetry's instrumentation of Go's net/http.
import type { CounterRegistry } from "../../component/index.ts";
import { DEFAULT_BOUNDS, DURATION_BOUNDS } from "../server/bounds.ts";

/** A POST that was answered. */
export interface AnsweredPost {
  readonly url: URL;
  readonly status: number;
  readonly httpVersion: string;
  /** As it was on the wire. */
  readonly bodyBytes: number;
  readonly durationMs: number;
}

export function countPost(counters: CounterRegistry, post: AnsweredPost): void {
  const { url } = post;
  const labels = {
    "http.request.method": "POST",
    "http.response.status_code": String(post.status),
    "network.protocol.name": "http",
    "network.protocol.version": post.httpVersion,
    "server.address": url.hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(url.port !== "" && { "server.port": url.port }),
    "url.scheme": url.protocol.slice(0, -1),
  };
  const histogram = (name: string, bounds: readonly number[]) =>
    counters.histogram(`http.client.request.${name}`, labels, bounds);
  histogram("duration", DURATION_BOUNDS).record(post.durationMs / 1000);
  histogram("body.size", DEFAULT_BOUNDS).record(post.bodyBytes);
}
