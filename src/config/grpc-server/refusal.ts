// What is wrong with a call before its message has come, in grpc-go's words.
import type { IncomingHttpHeaders } from "node:http2";
import { GRPC_ENCODINGS } from "../compression/decompress.ts";
import { CODE } from "../rpc-status/codes.ts";
import type { RpcStatus } from "../rpc-status/status.ts";
import { isGrpcContentType, parseTimeoutMs } from "./headers.ts";

/** An answer by which a call ends. */
export interface Refusal {
  readonly status: RpcStatus;
  readonly httpStatus: number;
}

/** The time was up before anything could be done. */
export const DEADLINE_EXCEEDED: RpcStatus = {
  code: CODE.DEADLINE_EXCEEDED,
  message: "context deadline exceeded",
};

/** Undefined when the call may go on. `paths` are those that have a handler. */
export function refusalOf(
  headers: IncomingHttpHeaders,
  paths: { has(path: string): boolean; keys(): Iterable<string> },
): Refusal | undefined {
  const { ":method": method, ":path": path = "", "content-type": type, "grpc-timeout": timeout } = headers;
  if (!isGrpcContentType(type)) {
    return refusal(CODE.INVALID_ARGUMENT, `invalid gRPC request content-type ${quoted(type)}`, 415);
  }
  if (method !== "POST") {
    const message = `Received a HEADERS frame with :method ${quoted(method)} which should be POST`;
    return refusal(CODE.INTERNAL, message, 405);
  }
  if (timeout !== undefined) {
    const ms = parseTimeoutMs(String(timeout));
    if (ms === undefined) return refusal(CODE.INTERNAL, `malformed grpc-timeout: ${quoted(timeout)}`, 400);
    if (ms < 1) return { status: DEADLINE_EXCEEDED, httpStatus: 200 };
  }
  if (!paths.has(path)) return refusal(CODE.UNIMPLEMENTED, unknown(path, paths.keys()));
  return encodingRefusal(String(headers["grpc-encoding"] ?? "identity"));
}

function encodingRefusal(encoding: string): Refusal | undefined {
  if (encoding === "identity" || GRPC_ENCODINGS.has(encoding)) return undefined;
  const message = `grpc: Decompressor is not installed for grpc-encoding ${quoted(encoding)}`;
  return refusal(CODE.UNIMPLEMENTED, message);
}

function unknown(path: string, paths: Iterable<string>): string {
  const [, service, method] = /^\/(.+)\/([^/]*)$/.exec(path) ?? [];
  if (service === undefined) return `malformed method name: ${quoted(path)}`;
  for (const known of paths) {
    if (known.startsWith(`/${service}/`)) return `unknown method ${method} for service ${service}`;
  }
  return `unknown service ${service}`;
}

function refusal(code: number, message: string, httpStatus = 200): Refusal {
  return { status: { code, message }, httpStatus };
}

function quoted(value: unknown): string {
  return JSON.stringify(String(value ?? ""));
}
