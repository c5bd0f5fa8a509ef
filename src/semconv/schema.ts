/** The version of the semantic conventions that the names in this folder are from. */
export const SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0";
