// What a case of the tables is: a conversation, and the requests that each side of it must be seen to make.
import { Conversation, type Data } from "../conversation.ts";

/** Why a request got no response, or not all of it, seen from one side. */
export type Failure = "closed" | "reset" | "cancelled";

/** One request as the tap must report it. */
export interface ExpectedRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** 0: no response. */
  readonly status: number;
  /** Payload bytes that crossed the connection on this side. */
  readonly requestBody: number;
  readonly responseBody: number;
  readonly failure?: Failure;
}

export interface Case {
  readonly name: string;
  readonly talk: Conversation;
  readonly client: readonly ExpectedRequest[];
  readonly server: readonly ExpectedRequest[];
  /** The tap starts only when the conversation pauses. */
  readonly attachLate: boolean;
  /** The server waits in its receive call then: hooks that begin at a call's entry (fexit, kprobe) miss that call. */
  readonly blockedServer: boolean;
}

interface Sides {
  readonly client?: readonly ExpectedRequest[];
  readonly server?: readonly ExpectedRequest[];
  readonly attachLate?: boolean;
  readonly blockedServer?: boolean;
}

/** A case in which both sides see `seen`, unless `sides` says otherwise. */
export function httpCase(
  name: string,
  hold: (talk: Conversation) => Conversation,
  seen: readonly ExpectedRequest[],
  sides: Sides = {},
): Case {
  return {
    name,
    talk: hold(new Conversation()),
    client: sides.client ?? seen,
    server: sides.server ?? seen,
    attachLate: sides.attachLate ?? false,
    blockedServer: sides.blockedServer ?? false,
  };
}

/** A request with a response; bodies are empty and the version is 1.1 unless said. */
export function seen(
  method: string,
  target: string,
  status = 200,
  rest: Partial<Omit<ExpectedRequest, "method" | "target" | "status">> = {},
): ExpectedRequest {
  return { method, target, version: "1.1", status, requestBody: 0, responseBody: 0, ...rest };
}

/** A request that got no response. */
export function unanswered(
  method: string,
  target: string,
  failure: Failure,
  rest: Partial<ExpectedRequest> = {},
): ExpectedRequest {
  return { ...seen(method, target, 0), failure, ...rest };
}

/** A request without a body. `fields` are whole header lines without line ends. */
export function ask(method: string, target: string, ...fields: readonly string[]): string {
  return [`${method} ${target} HTTP/1.1`, "Host: shop.test", ...fields, "", ""].join("\r\n");
}

export function get(target: string, ...fields: readonly string[]): string {
  return ask("GET", target, ...fields);
}

/** A request with a body and its Content-Length. */
export function post(target: string, body: string, ...fields: readonly string[]): string {
  return ask("POST", target, ...fields, `Content-Length: ${body.length}`) + body;
}

/** A response whose status line is given, as "404 Not Found", with its Content-Length. */
export function reply(status: string, body: string, ...fields: readonly string[]): string {
  return head(status, ...fields, `Content-Length: ${body.length}`) + body;
}

export function ok(body: string, ...fields: readonly string[]): string {
  return reply("200 OK", body, ...fields);
}

/** The head of a response alone. */
export function head(status: string, ...fields: readonly string[]): string {
  return [`HTTP/1.1 ${status}`, ...fields, "", ""].join("\r\n");
}

/** `pieces` as chunks, each with its size in hexadecimal, and the last chunk. */
export function chunks(...pieces: readonly string[]): string {
  return `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("")}0\r\n\r\n`;
}

/** `count` header lines of `bytes` bytes each, without their line ends. */
export function fields(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    `X-Field-${i}: `.padEnd(bytes, String.fromCharCode(97 + (i % 26))),
  );
}

/** One request, one response, then the client closes. */
export function simple(
  request: Data,
  response: Data,
  by?: SimpleCalls,
): (talk: Conversation) => Conversation {
  return (talk) =>
    talk.connect().ask(request, by?.ask, by?.receive).answer(response, by?.answer, by?.take).close();
}

/** The calls of `simple`: the client's send, the server's receive, the server's send, the client's receive. */
export interface SimpleCalls {
  readonly ask?: string;
  readonly receive?: string;
  readonly answer?: string;
  readonly take?: string;
}
