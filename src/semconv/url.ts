// URLs: https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
export const URL_FULL = "url.full";
export const URL_PATH = "url.path";
export const URL_QUERY = "url.query";
export const URL_SCHEME = "url.scheme";
