// gRPC over HTTP/2: what the headers of a request say, and those of an answer.
import type { IncomingHttpHeaders } from "node:http2";
import type { ClientInfo } from "../../consumer/index.ts";
import { encodeStatus, type RpcStatus } from "../rpc-status/status.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The milliseconds of a `grpc-timeout`; undefined when it is not one. */
export function parseTimeoutMs(text: string): number | undefined {
  const [, value, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return value === undefined ? undefined : Number(value) * UNIT_MS[unit!]!;
}

export function isGrpcContentType(type: string | undefined): boolean {
  return type !== undefined && /^application\/grpc(?:$|[+;])/.test(type);
}

/** What gRPC's servers keep of a request's headers for themselves. */
const RESERVED: ReadonlySet<string> = new Set([
  "te",
  "grpc-encoding",
  "grpc-message",
  "grpc-message-type",
  "grpc-status",
  "grpc-timeout",
]);

/** A request's metadata as the Collector has it: headers by name, the authority also as `host`. */
export function metadataOf(headers: IncomingHttpHeaders): ClientInfo["metadata"] {
  const metadata = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || RESERVED.has(name)) continue;
    if (name.startsWith(":") && name !== ":authority") continue;
    metadata.set(name, name.endsWith("-bin") ? binary(value) : [value].flat());
  }
  const authority = metadata.get(":authority");
  if (authority && !metadata.has("host")) metadata.set("host", authority);
  return metadata;
}

/** Bytes in base64, several separated by commas; as text, a character for each byte. */
function binary(value: string | string[]): string[] {
  const encoded = [value].flat().flatMap((text) => text.split(","));
  return encoded.map((text) => Buffer.from(text, "base64").toString("latin1"));
}

/** So that trailers fit into one frame, whatever the text. */
const MAX_MESSAGE_LENGTH = 1000;

/** The trailers that end a call which failed. */
export function errorTrailers({ code, message, retryDelayMs }: RpcStatus): Record<string, string> {
  const status = { code, message: message.slice(0, MAX_MESSAGE_LENGTH), retryDelayMs };
  return {
    "grpc-status": String(code),
    "grpc-message": percentEncode(status.message),
    ...(retryDelayMs !== undefined && {
      "grpc-status-details-bin": encodeStatus(status).toString("base64"),
    }),
  };
}

/** Percent-encodes what is not printable ASCII, as gRPC does with a status message. */
export function percentEncode(text: string): string {
  return text.replace(/[^ -$&-~]+/gu, (part) =>
    Array.from(Buffer.from(part), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
