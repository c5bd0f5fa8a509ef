// What a server's answer means: which failures may be retried.
import { type ServiceError, status } from "@grpc/grpc-js";
import { codeName } from "../../config/rpc-status/codes.ts";
import { PermanentError } from "../../consumer/index.ts";
import { type FieldTable, readFields } from "../../pdata/decode/message.ts";
import { Reader } from "../../pdata/protobuf/reader.ts";
import { ThrottledError } from "../helper/retry.ts";

/** Codes the OTLP specification lets a client retry; ResourceExhausted only when the server says when. */
const RETRYABLE: ReadonlySet<number> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

/** Maps a failed call onto the pipeline's kinds of failure. */
export function toPipelineError(error: ServiceError): Error {
  const code = isCutOff(error) ? status.UNAVAILABLE : error.code;
  const message = `rpc error: code = ${codeName(code)} desc = ${error.details}`;
  const retryAfterMs = retryDelayMs(error);
  if (code === status.RESOURCE_EXHAUSTED ? retryAfterMs === undefined : !RETRYABLE.has(code)) {
    return new PermanentError(message, { cause: error });
  }
  const retryable = new Error(message, { cause: error });
  return retryAfterMs ? new ThrottledError(retryable, retryAfterMs) : retryable;
}

/**
 * Whether the connection ended, in order, before the server said anything, as when its process is killed. grpc-js gives
 * such a call one of two codes, by chance, of which this one is not retryable; nothing but its text tells it.
 */
function isCutOff({ code, details }: ServiceError): boolean {
  return (
    code === status.INTERNAL && details === "Received RST_STREAM with code 0 (Call ended without gRPC status)"
  );
}

/** RetryInfo's delay among the details of a google.rpc.Status; undefined when there is none. */
function retryDelayMs({ metadata }: ServiceError): number | undefined {
  const [details] = metadata?.get("grpc-status-details-bin") ?? [];
  if (!(details instanceof Uint8Array)) return undefined;
  try {
    return readFields<Details>(new Reader(details), { retryAfterMs: undefined }, STATUS).retryAfterMs;
  } catch {
    return undefined; // Details that cannot be read say nothing; the code still does.
  }
}

interface Details {
  readonly retryAfterMs: number | undefined;
}

/** A google.rpc.Status, of which only the details matter. */
const STATUS: FieldTable<Details> = {
  3: (into, field) => {
    const any = readFields<Any>(field.message(), { type: "", value: undefined }, ANY);
    if (any.type === RETRY_INFO && any.value) readFields(any.value, into, RETRY_INFO_FIELDS);
  },
};

/** A google.protobuf.Any. */
interface Any {
  readonly type: string;
  readonly value: Reader | undefined;
}

const ANY: FieldTable<Any> = {
  1: (into, field) => {
    into.type = field.string();
  },
  2: (into, field) => {
    into.value = field.message();
  },
};

const RETRY_INFO_FIELDS: FieldTable<Details> = {
  1: (into, field) => {
    const { seconds, nanos } = readFields(field.message(), { seconds: 0n, nanos: 0 }, DURATION);
    into.retryAfterMs = Number(seconds) * 1000 + nanos / 1e6;
  },
};

const DURATION: FieldTable<{ readonly seconds: bigint; readonly nanos: number }> = {
  1: (into, field) => {
    into.seconds = field.int64();
  },
  2: (into, field) => {
    into.nanos = field.int32();
  },
};
