// What is counted of requests at the level `detailed`: the metrics of OpenTelemetry's instrumentation of Go's net/http.
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { CounterRegistry, Labels } from "../../component/index.ts";
import { splitHostPort } from "../net.ts";
import { DEFAULT_BOUNDS, DURATION_BOUNDS } from "../server/bounds.ts";
import type { HttpAnswer, RequestHead } from "./request.ts";

const METHODS: ReadonlySet<string> = new Set(
  "CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE".split(" "),
);
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** A request that is being measured, from when this is made. */
export class MeasuredRequest {
  readonly #counters: CounterRegistry;
  readonly #request: IncomingMessage | Http2ServerRequest;
  readonly #beganMs = performance.now();
  #bodyBytes = 0;

  constructor(counters: CounterRegistry, request: IncomingMessage | Http2ServerRequest) {
    this.#counters = counters;
    this.#request = request;
  }

  /** Counts what of the body is read from now on, as it is on the wire. */
  countBody(): void {
    this.#request.on("data", (chunk: Buffer) => {
      this.#bodyBytes += chunk.length;
    });
  }

  answered(head: RequestHead, answer: HttpAnswer): void {
    const labels = labelsOf(head, answer, this.#request);
    const record = (name: string, bounds: readonly number[], value: number) =>
      this.#counters.histogram(`http.server.${name}`, labels, bounds).record(value);
    record("request.duration", DURATION_BOUNDS, (performance.now() - this.#beganMs) / 1000);
    record("request.body.size", DEFAULT_BOUNDS, this.#bodyBytes);
    record("response.body.size", DEFAULT_BOUNDS, Buffer.byteLength(answer.body));
  }
}

function labelsOf(
  { method, headers }: RequestHead,
  { status, route }: HttpAnswer,
  { socket, httpVersion }: IncomingMessage | Http2ServerRequest,
): Labels {
  const scheme = "encrypted" in socket ? "https" : "http";
  const authority = String(headers[":authority"] ?? headers.host ?? "");
  const { host, port, problem } = splitHostPort(authority);
  return {
    "http.request.method": METHODS.has(method) ? method : "_OTHER",
    "http.response.status_code": String(status),
    ...(route !== undefined && { "http.route": route }),
    "network.protocol.name": "http",
    "network.protocol.version": httpVersion,
    "server.address": problem === undefined ? host : authority,
    ...(port !== "" && port !== DEFAULT_PORTS[scheme] && { "server.port": port }),
    "url.scheme": scheme,
  };
}
