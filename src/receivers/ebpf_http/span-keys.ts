// The attributes of spans, prepared once.
import { type InternedAttribute, type InternedKey, internAttribute, internKey } from "../../pdata/index.ts";
import { ERROR_TYPE } from "../../semconv/error.ts";
import {
  HTTP_REQUEST_BODY_SIZE,
  HTTP_REQUEST_HEADER_PREFIX,
  HTTP_REQUEST_METHOD_ORIGINAL,
  HTTP_RESPONSE_BODY_SIZE,
  HTTP_RESPONSE_HEADER_PREFIX,
  HTTP_RESPONSE_STATUS_CODE,
} from "../../semconv/http.ts";
import {
  CLIENT_ADDRESS,
  CLIENT_PORT,
  NETWORK_PEER_ADDRESS,
  NETWORK_PEER_PORT,
  NETWORK_PROTOCOL_VERSION,
  SERVER_ADDRESS,
  SERVER_PORT,
} from "../../semconv/network.ts";
import { URL_FULL, URL_PATH, URL_QUERY, URL_SCHEME } from "../../semconv/url.ts";
import { USER_AGENT_ORIGINAL } from "../../semconv/user-agent.ts";

type KeyName =
  | "methodOriginal"
  | "requestBodySize"
  | "responseBodySize"
  | "urlScheme"
  | "urlPath"
  | "urlQuery"
  | "urlFull"
  | "serverAddress"
  | "serverPort"
  | "clientAddress"
  | "clientPort"
  | "peerAddress"
  | "peerPort"
  | "userAgent";

/** Attributes whose values differ. */
export const KEY: Readonly<Record<KeyName, InternedKey>> = {
  methodOriginal: internKey(HTTP_REQUEST_METHOD_ORIGINAL),
  requestBodySize: internKey(HTTP_REQUEST_BODY_SIZE),
  responseBodySize: internKey(HTTP_RESPONSE_BODY_SIZE),
  urlScheme: internKey(URL_SCHEME),
  urlPath: internKey(URL_PATH),
  urlQuery: internKey(URL_QUERY),
  urlFull: internKey(URL_FULL),
  serverAddress: internKey(SERVER_ADDRESS),
  serverPort: internKey(SERVER_PORT),
  clientAddress: internKey(CLIENT_ADDRESS),
  clientPort: internKey(CLIENT_PORT),
  peerAddress: internKey(NETWORK_PEER_ADDRESS),
  peerPort: internKey(NETWORK_PEER_PORT),
  userAgent: internKey(USER_AGENT_ORIGINAL),
};

export const SCHEME_HTTP: InternedAttribute = internAttribute(URL_SCHEME, "http");

/** By the x of HTTP/1.x. */
const VERSIONS: readonly InternedAttribute[] = Array.from({ length: 10 }, (_, minor) =>
  internAttribute(NETWORK_PROTOCOL_VERSION, `1.${minor}`),
);

/** The attribute of HTTP/1.`minor`. */
export function versionAttribute(minor: number): InternedAttribute {
  return VERSIONS[minor] ?? VERSIONS[1]!;
}

const statusCodes: (InternedAttribute | undefined)[] = [];

/** The attribute of a status code. */
export function statusAttribute(status: number): InternedAttribute {
  let attribute = statusCodes[status];
  if (!attribute) {
    attribute = internAttribute(HTTP_RESPONSE_STATUS_CODE, status);
    statusCodes[status] = attribute;
  }
  return attribute;
}

const errorTypes: Map<string, InternedAttribute> = new Map();

/** The attribute of an error.type. */
export function errorAttribute(type: string): InternedAttribute {
  let attribute = errorTypes.get(type);
  if (!attribute) {
    attribute = internAttribute(ERROR_TYPE, type);
    errorTypes.set(type, attribute);
  }
  return attribute;
}

/** A header whose values go on spans. */
export interface HeaderKey {
  /** In lower case. */
  readonly name: string;
  readonly key: InternedKey;
}

/** Prepares the attributes of configured request headers. */
export function requestHeaderKeys(names: readonly string[]): readonly HeaderKey[] {
  return headerKeys(HTTP_REQUEST_HEADER_PREFIX, names);
}

/** Prepares the attributes of configured response headers. */
export function responseHeaderKeys(names: readonly string[]): readonly HeaderKey[] {
  return headerKeys(HTTP_RESPONSE_HEADER_PREFIX, names);
}

function headerKeys(prefix: string, names: readonly string[]): readonly HeaderKey[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].map((name) => ({
    name,
    key: internKey(prefix + name),
  }));
}
