// OTLP over HTTP: one path for each signal, protobuf or JSON in and the same out.
import { BodyError } from "../../config/http-server/body.ts";
import {
  type HttpAnswer,
  type HttpRequest,
  NOT_FOUND,
  type RequestHead,
  redirect,
} from "../../config/http-server/request.ts";
import { codeOfHttpStatus, httpStatusOf } from "../../config/rpc-status/codes.ts";
import {
  encodeStatus,
  type RpcStatus,
  StatusError,
  statusOf,
  statusToJson,
} from "../../config/rpc-status/status.ts";
import type { Consumer, Consumers } from "../../consumer/index.ts";
import { dataFromBytes, type Signal } from "../../pdata/index.ts";
import { decodeJson } from "../../pdata/json/decode.ts";
import { type OtlpHttpConfig, urlPath } from "./config.ts";
import { decodeRequest, exportData, JSON_RESPONSE, RESPONSE } from "./export.ts";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";

/** The statuses with which a client is told when to come again. */
const THROTTLING: ReadonlySet<number> = new Set([429, 503]);

/** Answers the paths of the signals that have a pipeline. */
export function httpHandler(
  config: OtlpHttpConfig,
  next: Consumers<Signal>,
): (request: HttpRequest) => Promise<HttpAnswer> {
  const signals = new Map(
    (Object.keys(next) as Signal[]).map((signal) => [urlPath(config, signal), signal] as const),
  );
  return async (request) => {
    const signal = signals.get(request.path);
    if (signal === undefined) return redirect(request) ?? NOT_FOUND;
    const answer = await receive(signal, next[signal] as Consumer<Signal>, request);
    return { ...answer, route: request.path };
  };
}

async function receive<S extends Signal>(
  signal: S,
  next: Consumer<S>,
  request: HttpRequest,
): Promise<HttpAnswer> {
  if (request.method !== "POST") return text(405, "method not allowed, supported: [POST]");
  const type = mediaType(request);
  if (type !== PROTOBUF && type !== JSON_TYPE) {
    return text(415, `unsupported media type, supported: [${JSON_TYPE}, ${PROTOBUF}]`);
  }
  const protobuf = type === PROTOBUF;
  try {
    const data = decodeRequest(signal, await request.body(), protobuf ? dataFromBytes : decodeJson);
    await exportData(next, data, request.context);
  } catch (error) {
    return statusAnswer(type, ...failure(error));
  }
  return { status: 200, headers: { "Content-Type": type }, body: protobuf ? RESPONSE : JSON_RESPONSE };
}

/** The answer where no signal's handler is reached: in JSON unless the request is protobuf. */
export function errorAnswer(head: RequestHead, message: string, status: number): HttpAnswer {
  return statusAnswer(mediaType(head), { code: codeOfHttpStatus(status), message }, status);
}

/** What to answer for what went wrong: with the body, 400; in the pipeline, what its error says. */
function failure(error: unknown): [RpcStatus, number] {
  if (error instanceof BodyError) return [{ code: codeOfHttpStatus(400), message: error.message }, 400];
  const status = error instanceof StatusError ? error : statusOf(error);
  return [status, httpStatusOf(status.code)];
}

function statusAnswer(type: string, rpcStatus: RpcStatus, status: number): HttpAnswer {
  const protobuf = type === PROTOBUF;
  const { retryDelayMs } = rpcStatus;
  const retryAfter =
    THROTTLING.has(status) && retryDelayMs !== undefined
      ? { "Retry-After": String(Math.floor(retryDelayMs / 1000)) }
      : {};
  return {
    status,
    headers: { "Content-Type": protobuf ? PROTOBUF : JSON_TYPE, ...retryAfter },
    body: protobuf ? encodeStatus(rpcStatus) : statusToJson(rpcStatus),
  };
}

function text(status: number, message: string): HttpAnswer {
  return { status, headers: { "Content-Type": "text/plain" }, body: `${status} ${message}` };
}

const PARAMETER = /^\s*[\w!#$%&'*+.^`|~-]+\s*=\s*(?:[\w!#$%&'*+.^`|~-]+|"(?:[^"\\]|\\.)*")\s*$/;

/** The Content-Type without its parameters; empty when they are none. */
function mediaType({ headers }: RequestHead): string {
  const [type = "", ...parameters] = (headers["content-type"] ?? "").split(";");
  const valid = parameters.every((parameter) => parameter.trim() === "" || PARAMETER.test(parameter));
  return valid ? type.trim().toLowerCase() : "";
}
