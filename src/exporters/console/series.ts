// What tells a series from the others of its metric, in a few words.
import type { Attributes } from "../../pdata/decode/common.ts";
import { ERROR_TYPE } from "../../semconv/error.ts";
import { HTTP_REQUEST_METHOD, HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE } from "../../semconv/http.ts";
import {
  NETWORK_PROTOCOL_NAME,
  NETWORK_PROTOCOL_VERSION,
  SERVER_ADDRESS,
  SERVER_PORT,
} from "../../semconv/network.ts";
import { URL_SCHEME } from "../../semconv/url.ts";
import { address, pairs, textOf } from "./text.ts";

/** Shown without their names, in the order of a request line, or too much the same everywhere to be shown. */
const KNOWN: ReadonlySet<string> = new Set([
  HTTP_REQUEST_METHOD,
  HTTP_ROUTE,
  HTTP_RESPONSE_STATUS_CODE,
  ERROR_TYPE,
  SERVER_ADDRESS,
  SERVER_PORT,
  URL_SCHEME,
  NETWORK_PROTOCOL_NAME,
  NETWORK_PROTOCOL_VERSION,
]);

/** `GET /users/{id} 200`, `GET → api:8080 503`, or `key=value` for what is not HTTP. */
export function seriesLabel(attributes: Attributes): string {
  const status = textOf(attributes, HTTP_RESPONSE_STATUS_CODE);
  const error = textOf(attributes, ERROR_TYPE);
  const server = address(textOf(attributes, SERVER_ADDRESS), textOf(attributes, SERVER_PORT));
  const parts = [
    textOf(attributes, HTTP_REQUEST_METHOD),
    textOf(attributes, HTTP_ROUTE),
    server && `→ ${server}`,
    status,
    error === status ? "" : error,
    pairs(attributes.filter(({ key }) => !KNOWN.has(key))),
  ];
  return parts.filter(Boolean).join(" ");
}
