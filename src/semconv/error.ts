// Errors: https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
export const ERROR_TYPE = "error.type";
/** An error without a name of its own. */
export const ERROR_TYPE_OTHER = "_OTHER";
