// A plain HTTP/1.x reader over whole streams: the second opinion on every expectation of the case tables.
import type { Conversation } from "./conversation.ts";

/** One request as it crossed a connection. Offsets are in its direction's stream. */
export interface Exchange {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** 0: no response. */
  readonly status: number;
  /** Payload bytes: without heads, chunk sizes, trailers. */
  readonly requestBody: number;
  readonly responseBody: number;
  /** Bytes behind the head as they crossed the wire, chunk framing included. */
  readonly requestWire: number;
  readonly responseWire: number;
  readonly requestStart: number;
  readonly responseEnd: number;
}

interface Head {
  readonly line: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly end: number;
}

interface Body {
  readonly payload: number;
  readonly end: number;
}

interface Request extends Head {
  readonly method: string;
  readonly start: number;
  readonly body: Body;
}

interface Response extends Head {
  readonly status: number;
  readonly body: Body;
}

const REQUEST_LINE = /^([A-Z-]+) (\S+) HTTP\/(1\.[01])$/;
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})( .*)?$/;

function readHead(stream: string, from: number): Head | undefined {
  const end = stream.indexOf("\r\n\r\n", from);
  if (end < 0) return undefined;
  const [line = "", ...rest] = stream
    .slice(from, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const fields = new Map(
    rest.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  return { line, fields, end: end + 4 };
}

function readChunks(stream: string, from: number): Body {
  let at = from;
  let payload = 0;
  for (;;) {
    const lineEnd = stream.indexOf("\r\n", at);
    if (lineEnd < 0) return { payload, end: stream.length };
    const size = Number.parseInt(stream.slice(at, lineEnd), 16);
    if (size === 0) {
      const trailersEnd = stream.indexOf("\r\n\r\n", lineEnd);
      return { payload, end: trailersEnd < 0 ? stream.length : trailersEnd + 4 };
    }
    payload += Math.min(size, Math.max(0, stream.length - lineEnd - 2));
    at = lineEnd + 2 + size + 2;
  }
}

function readBody(stream: string, head: Head, untilClose: boolean): Body {
  if (/chunked$/i.test(head.fields.get("transfer-encoding") ?? "")) return readChunks(stream, head.end);
  const length = head.fields.get("content-length");
  const wanted = length === undefined ? (untilClose ? Number.POSITIVE_INFINITY : 0) : Number(length);
  const end = Math.min(stream.length, head.end + wanted);
  return { payload: end - head.end, end };
}

function readRequests(stream: string): Request[] {
  const requests: Request[] = [];
  for (let at = 0; ; ) {
    while (stream.startsWith("\r\n", at)) at += 2;
    const head = readHead(stream, at);
    const [, method = ""] = REQUEST_LINE.exec(head?.line ?? "") ?? [];
    if (!head || !method) return requests;
    const body = readBody(stream, head, false);
    requests.push({ ...head, method, start: at, body });
    at = body.end;
  }
}

function hasNoBody(method: string, status: number): boolean {
  return method === "HEAD" || status < 200 || status === 204 || status === 304;
}

function switchesProtocol(method: string, status: number): boolean {
  return status === 101 || (method === "CONNECT" && status >= 200 && status < 300);
}

/** The final response to `method` at `from`; interim ones before it are skipped. */
function readResponse(stream: string, from: number, method: string): Response | undefined {
  const head = readHead(stream, from);
  const status = Number(STATUS_LINE.exec(head?.line ?? "")?.[1] ?? 0);
  if (!head || !status) return undefined;
  if (status < 200 && status !== 101) return readResponse(stream, head.end, method);
  const empty = hasNoBody(method, status) || switchesProtocol(method, status);
  return { ...head, status, body: empty ? { payload: 0, end: head.end } : readBody(stream, head, true) };
}

function toExchange(request: Request, response: Response | undefined): Exchange {
  const [, method = "", target = "", version = ""] = REQUEST_LINE.exec(request.line) ?? [];
  return {
    method,
    target,
    version,
    status: response?.status ?? 0,
    requestBody: request.body.payload,
    responseBody: response?.body.payload ?? 0,
    requestWire: request.body.end - request.end,
    responseWire: response ? response.body.end - response.end : 0,
    requestStart: request.start,
    responseEnd: response?.body.end ?? 0,
  };
}

/** The requests in the two streams of one connection. */
export function readExchanges(up: Buffer, down: Buffer): Exchange[] {
  const exchanges: Exchange[] = [];
  const responses = down.toString("latin1");
  let at = 0;
  for (const request of readRequests(up.toString("latin1"))) {
    const response = readResponse(responses, at, request.method);
    exchanges.push(toExchange(request, response));
    at = response?.body.end ?? responses.length;
    if (response && switchesProtocol(request.method, response.status)) break;
  }
  return exchanges;
}

/** The requests of a conversation as one side of it sent and received them. */
export function exchangesSeenBy(side: "client" | "server", talk: Conversation): Exchange[] {
  return Array.from({ length: talk.connectionCount }, (_, connection) => {
    const up = talk.stream(connection, "up");
    const down = talk.stream(connection, "down");
    return side === "client"
      ? readExchanges(up.sent, down.sent.subarray(0, down.received))
      : readExchanges(up.sent.subarray(0, up.received), down.sent);
  }).flat();
}
