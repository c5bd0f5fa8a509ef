// The spans and metrics that a known request must become, by the stable HTTP semantic conventions.
import type { Made } from "./clients.ts";
import type { Known } from "./requests.ts";
import type { Server } from "./servers.ts";
import type { Plain, PlainSpan } from "./telemetry.ts";

export const KIND = { server: 2, client: 3 } as const;
const ERROR = 2;
const UNSET = 0;

/** A known request after it was made. */
export type Exchange = Known & Made;

/** The one pattern of the tests' configuration; other routes are the path's shape. */
export const ROUTE_PATTERN = "/users/{id}/orders";

function routeOf({ path }: Known): string {
  return path === "/users/42/orders" ? ROUTE_PATTERN : path;
}

/** What `error.type` says; a client has failed when the answer is 400 or more, a server when it is 500 or more. */
function errorOf({ status }: Made, kind: "server" | "client"): Plain {
  return status >= (kind === "server" ? 500 : 400) ? { "error.type": String(status) } : {};
}

/** Attributes that both sides have. */
function common({ method, status, body, received, userAgent }: Exchange): Plain {
  return {
    "http.request.method": method,
    "http.response.status_code": status,
    "http.request.body.size": body.length,
    "http.response.body.size": received,
    "network.protocol.version": "1.1",
    "server.address": "127.0.0.1",
    "user_agent.original": userAgent,
  };
}

/** The attributes of the server's span. The client's port is the span's own where the client does not tell. */
export function serverAttributes(exchange: Exchange, server: Server, actual: Plain): Plain {
  const clientPort = exchange.localPort || actual["network.peer.port"];
  return {
    ...common(exchange),
    ...errorOf(exchange, "server"),
    "url.scheme": "http",
    "url.path": exchange.path,
    "url.query": exchange.query,
    "http.route": routeOf(exchange),
    "server.port": server.port,
    "client.address": "127.0.0.1",
    "network.peer.address": "127.0.0.1",
    "network.peer.port": clientPort,
    "client.port": clientPort,
  };
}

/** The attributes of the client's span. */
export function clientAttributes(exchange: Exchange, server: Server): Plain {
  return {
    ...common(exchange),
    ...errorOf(exchange, "client"),
    "url.full": exchange.url,
    "server.port": server.port,
    "network.peer.address": "127.0.0.1",
    "network.peer.port": server.port,
  };
}

/** A body size of zero may be left out: that is the same. */
export function withSizes(attributes: Plain): Plain {
  return { "http.request.body.size": 0, "http.response.body.size": 0, ...attributes };
}

/** Name, kind and status of the span. */
export function nameAndStatus(exchange: Exchange, kind: "server" | "client"): Plain {
  const failed = "error.type" in errorOf(exchange, kind);
  return {
    name: kind === "server" ? `${exchange.method} ${routeOf(exchange)}` : exchange.method,
    kind: KIND[kind],
    status: { code: failed ? ERROR : UNSET, message: "" },
  };
}

/** The spans of the request: its query is its own. */
export function spansFor(
  spans: readonly PlainSpan[],
  { query }: Known,
  kind: "server" | "client",
): PlainSpan[] {
  const isIts = ({ attributes }: PlainSpan) =>
    kind === "server"
      ? attributes["url.query"] === query
      : String(attributes["url.full"]).endsWith(`?${query}`);
  return spans.filter((span) => span.kind === KIND[kind] && isIts(span));
}

/** The attributes of the series of `http.<kind>.request.duration` that counts the request. */
export function seriesAttributes(exchange: Exchange, server: Server, kind: "server" | "client"): Plain {
  const own =
    kind === "server"
      ? { "url.scheme": "http", "http.route": routeOf(exchange) }
      : { "server.address": "127.0.0.1", "server.port": server.port };
  return {
    "http.request.method": exchange.method,
    "http.response.status_code": exchange.status,
    "network.protocol.version": "1.1",
    ...errorOf(exchange, kind),
    ...own,
  };
}
