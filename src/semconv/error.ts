// Errors: https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
export const ERROR_TYPE = "error.type";
