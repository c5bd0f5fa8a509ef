// HTTP methods by the numbers that the kernel gives them.
import { type InternedAttribute, internAttribute } from "../../pdata/index.ts";
import { HTTP_METHOD_OTHER, HTTP_REQUEST_METHOD } from "../../semconv/http.ts";

/** By enum http_method (bpf/http.h). */
export const METHODS: readonly string[] = [
  HTTP_METHOD_OTHER,
  "GET",
  "POST",
  "PUT",
  "HEAD",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "CONNECT",
  "TRACE",
  "QUERY",
];

/** What span names say instead of a method that is not known. */
const NAME_OF_OTHER = "HTTP";

export const METHOD_OTHER = 0;

/** The attribute of each method, ready to be written. */
export const METHOD_ATTRIBUTES: readonly InternedAttribute[] = METHODS.map((method) =>
  internAttribute(HTTP_REQUEST_METHOD, method),
);

/** The name of a span without route, or its beginning. */
export function methodName(method: number): string {
  return method === METHOD_OTHER ? NAME_OF_OTHER : (METHODS[method] ?? NAME_OF_OTHER);
}
