// google.rpc.Status: how servers of OTLP say what went wrong, over gRPC and over HTTP.
import { PermanentError } from "../../consumer/index.ts";
import { Writer } from "../../pdata/protobuf/writer.ts";
import { CODE } from "./codes.ts";

/** What a server answers instead of a response. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  /** When the client may try again, for its details; undefined when it may decide itself. */
  readonly retryDelayMs?: number | undefined;
}

/** A failure that knows how it is answered. */
export class StatusError extends Error implements RpcStatus {
  override readonly name = "StatusError";
  readonly code: number;
  readonly retryDelayMs: number | undefined;

  constructor({ code, message, retryDelayMs }: RpcStatus, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryDelayMs = retryDelayMs;
  }
}

/** Errors within errors are followed this far. */
const MAX_CAUSES = 10;

/**
 * The status with which a pipeline's refusal is answered: that of the server downstream where one said no, else
 * Internal for what retrying cannot mend, Unavailable for the rest.
 */
export function statusOf(error: unknown): RpcStatus {
  const message = error instanceof Error ? error.message : String(error);
  const causes = [...causesOf(error)];
  const code = codeOf(error);
  const permanent = causes.some((cause) => cause instanceof PermanentError);
  const retryDelayMs = causes.map(retryDelay).find((found) => found !== undefined);
  return { code: code ?? (permanent ? CODE.INTERNAL : CODE.UNAVAILABLE), message, retryDelayMs };
}

/** The gRPC code with which a server downstream refused; undefined when none did. */
export function codeOf(error: unknown): number | undefined {
  return [...causesOf(error)].map(statusCode).find((found) => found !== undefined);
}

/** `error` and what it was caused by, outermost first. */
export function* causesOf(error: unknown): Iterable<Error> {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    yield cause;
    cause = cause instanceof AggregateError ? cause.errors[0] : cause.cause;
  }
}

/** The gRPC code of an answer from downstream: our own error's, or a gRPC client's. */
function statusCode(error: Error): number | undefined {
  const { code, details } = error as { readonly code?: unknown; readonly details?: unknown };
  const isStatus = error instanceof StatusError || typeof details === "string";
  return isStatus && Number.isInteger(code) && code !== CODE.OK ? (code as number) : undefined;
}

/** When downstream wants to be asked again. */
function retryDelay(error: Error): number | undefined {
  const { retryDelayMs, retryAfterMs } = error as {
    readonly retryDelayMs?: unknown;
    readonly retryAfterMs?: unknown;
  };
  return [retryDelayMs, retryAfterMs].find((delay) => typeof delay === "number");
}

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

/** The bytes of the message. */
export function encodeStatus({ code, message, retryDelayMs }: RpcStatus): Buffer {
  const out = new Writer(64 + 3 * message.length);
  out.uint32(0x08, code);
  if (message !== "") out.string(0x12, message);
  if (retryDelayMs !== undefined) {
    const any = out.begin(0x1a);
    out.string(0x0a, RETRY_INFO);
    const info = out.begin(0x12);
    const delay = out.begin(0x0a);
    out.uint32(0x08, Math.floor(retryDelayMs / 1000));
    out.uint32(0x10, Math.round((retryDelayMs % 1000) * 1e6));
    for (const start of [delay, info, any]) out.end(start);
  }
  return out.take();
}

/** The message in protobuf's JSON. */
export function statusToJson({ code, message, retryDelayMs }: RpcStatus): string {
  const fields = [`"code":${code}`];
  if (message !== "") fields.push(`"message":${JSON.stringify(message)}`);
  if (retryDelayMs !== undefined) {
    const delay = JSON.stringify(`${retryDelayMs / 1000}s`);
    fields.push(`"details":[{"@type":"${RETRY_INFO}", "retryDelay":${delay}}]`);
  }
  return `{${fields.join(", ")}}`;
}
