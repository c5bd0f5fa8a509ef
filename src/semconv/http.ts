// HTTP: https://opentelemetry.io/docs/specs/semconv/http/
import type { MetricDescriptor } from "../pdata/index.ts";

export const HTTP_REQUEST_METHOD = "http.request.method";
export const HTTP_REQUEST_METHOD_ORIGINAL = "http.request.method_original";
export const HTTP_REQUEST_BODY_SIZE = "http.request.body.size";
export const HTTP_RESPONSE_BODY_SIZE = "http.response.body.size";
export const HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
export const HTTP_ROUTE = "http.route";
/** Followed by the header's name in lower case; the value is a list of texts. */
export const HTTP_REQUEST_HEADER_PREFIX = "http.request.header.";
export const HTTP_RESPONSE_HEADER_PREFIX = "http.response.header.";

/** The method of requests whose own is not a well-known one. */
export const HTTP_METHOD_OTHER = "_OTHER";

/** Bucket boundaries of the HTTP duration metrics, in seconds. */
export const HTTP_DURATION_BOUNDARIES: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

export const HTTP_SERVER_REQUEST_DURATION: MetricDescriptor = {
  name: "http.server.request.duration",
  unit: "s",
  description: "Duration of HTTP server requests.",
};
export const HTTP_CLIENT_REQUEST_DURATION: MetricDescriptor = {
  name: "http.client.request.duration",
  unit: "s",
  description: "Duration of HTTP client requests.",
};
export const HTTP_SERVER_ACTIVE_REQUESTS: MetricDescriptor = {
  name: "http.server.active_requests",
  unit: "{request}",
  description: "Number of active HTTP server requests.",
};
export const HTTP_CLIENT_ACTIVE_REQUESTS: MetricDescriptor = {
  name: "http.client.active_requests",
  unit: "{request}",
  description: "Number of active HTTP requests.",
};
export const HTTP_SERVER_REQUEST_BODY_SIZE: MetricDescriptor = {
  name: "http.server.request.body.size",
  unit: "By",
  description: "Size of HTTP server request bodies.",
};
export const HTTP_SERVER_RESPONSE_BODY_SIZE: MetricDescriptor = {
  name: "http.server.response.body.size",
  unit: "By",
  description: "Size of HTTP server response bodies.",
};
export const HTTP_CLIENT_REQUEST_BODY_SIZE: MetricDescriptor = {
  name: "http.client.request.body.size",
  unit: "By",
  description: "Size of HTTP client request bodies.",
};
export const HTTP_CLIENT_RESPONSE_BODY_SIZE: MetricDescriptor = {
  name: "http.client.response.body.size",
  unit: "By",
  description: "Size of HTTP client response bodies.",
};
