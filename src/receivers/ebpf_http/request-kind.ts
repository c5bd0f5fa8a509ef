// Requests that have everything but their times, sizes, peers and heads in common.
import { encodeSpanFields, internAttribute, SPAN_KIND, STATUS_CODE } from "../../pdata/index.ts";
import { HTTP_ROUTE } from "../../semconv/http.ts";
import { METHOD_ATTRIBUTES, METHOD_OTHER, methodName } from "./methods.ts";
import { errorType, type RequestSeries, ROLE, type SeriesAttributes } from "./request-series.ts";
import { errorAttribute, statusAttribute, versionAttribute } from "./span-keys.ts";

/** W3C trace flag. */
const SAMPLED = 1;

/** What the spans of such requests share is encoded once. */
export class RequestKind {
  readonly attributes: SeriesAttributes;
  /** Made when the first of them is counted, or is an exemplar. */
  series: RequestSeries | undefined;
  #spanFields: Uint8Array | undefined;

  constructor(attributes: SeriesAttributes) {
    this.attributes = attributes;
  }

  /** Name, kind, flags and status, and the attributes that all their spans have. */
  get spanFields(): Uint8Array {
    this.#spanFields ??= encode(this.attributes);
    return this.#spanFields;
  }
}

/** All of a kind but its target, as one small integer. */
export function packKind(method: number, status: number, failure: number, minorVersion: number): number {
  return (status << 10) | (method << 6) | (failure << 4) | minorVersion;
}

function encode({ role, method, status, failure, minorVersion, route }: SeriesAttributes): Uint8Array {
  return encodeSpanFields((span) => {
    span.flags(SAMPLED);
    span.kind(role === ROLE.server ? SPAN_KIND.server : SPAN_KIND.client);
    span.name(route === undefined ? methodName(method) : `${methodName(method)} ${route}`);
    span.constAttr(METHOD_ATTRIBUTES[method] ?? METHOD_ATTRIBUTES[METHOD_OTHER]!);
    if (route !== undefined) span.constAttr(internAttribute(HTTP_ROUTE, route));
    if (status !== 0) span.constAttr(statusAttribute(status));
    span.constAttr(versionAttribute(minorVersion));
    const error = errorType(role, status, failure);
    if (error === undefined) return;
    span.constAttr(errorAttribute(error)).status(STATUS_CODE.error);
  });
}
