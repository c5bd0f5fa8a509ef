import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { posix } from "node:path";
import type { ClientInfo, Context } from "../../consumer/index.ts";
import { peerAddress } from "../net.ts";

/** What comes before a request's body. */
export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** What follows the path, with its question mark; empty when there is none. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

/** A request as a handler sees it. */
export interface HttpRequest extends RequestHead {
  readonly context: Context;
  /** The whole body, decompressed. Rejects with a BodyError or a StatusError. */
  body(): Promise<Buffer>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  /** The pattern that the request's path has met; undefined where it met none. */
  readonly route?: string;
}

/** What Go's mux answers where it has no handler. */
export const NOT_FOUND: HttpAnswer = {
  status: 404,
  headers: { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" },
  body: "404 page not found\n",
};

/** Where a path that is not in its plain form (`//v1/traces`) should have been sent, as Go's mux does; else undefined. */
export function redirect({ path, query }: RequestHead): HttpAnswer | undefined {
  const plain = posix.normalize(path.startsWith("/") ? path : `/${path}`);
  return plain === path ? undefined : { status: 307, headers: { Location: plain + query }, body: "" };
}

export function headOf(request: IncomingMessage | Http2ServerRequest): RequestHead {
  const url = request.url ?? "";
  const query = url.indexOf("?");
  return {
    method: request.method ?? "",
    path: query < 0 ? url : url.slice(0, query),
    query: query < 0 ? "" : url.slice(query),
    headers: request.headers,
  };
}

const NO_METADATA: ClientInfo["metadata"] = new Map();

export function clientOf(
  request: IncomingMessage | Http2ServerRequest,
  includeMetadata: boolean,
): ClientInfo {
  return {
    address: peerAddress(request.socket.remoteAddress),
    metadata: includeMetadata ? metadataOf(request) : NO_METADATA,
  };
}

/** The headers by name, values of the same name apart. HTTP/2's authority is called `host`, as in HTTP/1. */
function metadataOf(request: IncomingMessage | Http2ServerRequest): ClientInfo["metadata"] {
  const metadata = new Map<string, string[]>();
  const { rawHeaders } = request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index]!.toLowerCase();
    const name = raw === ":authority" ? "host" : raw;
    if (!name.startsWith(":")) metadata.set(name, [...(metadata.get(name) ?? []), rawHeaders[index + 1]!]);
  }
  return metadata;
}
