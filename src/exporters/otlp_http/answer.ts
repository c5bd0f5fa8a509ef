// What a server's HTTP answer means: which failures may be retried, and when.
import type { HttpAnswer } from "../../config/http-client/client.ts";
import { CODE, codeName } from "../../config/rpc-status/codes.ts";
import { StatusError } from "../../config/rpc-status/status.ts";
import { PermanentError } from "../../consumer/index.ts";
import { type FieldTable, readFields } from "../../pdata/decode/message.ts";
import { Reader } from "../../pdata/protobuf/reader.ts";
import { ThrottledError } from "../helper/retry.ts";

/** Those that OTLP's specification lets a client retry. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Those that may say when. */
const THROTTLING: ReadonlySet<number> = new Set([429, 503]);

/** The gRPC code that stands for an HTTP status, as the Collector maps them. */
const CODES: Readonly<Record<number, number>> = {
  400: CODE.INVALID_ARGUMENT,
  401: CODE.UNAUTHENTICATED,
  403: CODE.PERMISSION_DENIED,
  404: CODE.UNIMPLEMENTED,
  429: CODE.RESOURCE_EXHAUSTED,
  502: CODE.UNAVAILABLE,
  503: CODE.UNAVAILABLE,
  504: CODE.UNAVAILABLE,
};

/** The pipeline's kind of failure for an answer that is not a success. */
export function toPipelineError(url: URL, answer: HttpAnswer, now: number = Date.now()): Error {
  const { status } = answer;
  const said = messageIn(answer);
  const details = said === undefined ? "" : `, Message=${said}, Details=[]`;
  const what = `error exporting items, request to ${url.href} responded with HTTP Status Code ${status}${details}`;
  const code = CODES[status] ?? CODE.UNKNOWN;
  const cause = new StatusError({ code, message: what });
  const message = `rpc error: code = ${codeName(code)} desc = ${what}`;
  if (!RETRYABLE.has(status)) return new PermanentError(message, { cause });
  const retryable = new Error(message, { cause });
  const retryAfterMs = THROTTLING.has(status) ? retryAfter(answer.headers["retry-after"], now) : undefined;
  return retryAfterMs === undefined ? retryable : new ThrottledError(retryable, retryAfterMs);
}

/** `Retry-After` in milliseconds from `now`: seconds, or an HTTP date. Undefined when it is neither. */
function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The message of the google.rpc.Status that errors have as their body; undefined when the body is something else. */
function messageIn({ body, headers, status }: HttpAnswer): string | undefined {
  if (status < 400 || status > 599) return undefined;
  try {
    if (!headers["content-type"]?.startsWith("application/json")) {
      return readFields<Status>(new Reader(body), { message: "" }, STATUS).message;
    }
    const { message } = JSON.parse(body.toString()) as { readonly message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return undefined; // A proxy's page, for example: the status says enough.
  }
}

interface Status {
  readonly message: string;
}

const STATUS: FieldTable<Status> = {
  2: (into, field) => {
    into.message = field.string();
  },
};
