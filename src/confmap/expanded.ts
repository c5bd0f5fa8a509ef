// A value that came out of exactly one `${…}`: its YAML meaning, and the text it was written as.

/**
 * Keeps both readings of a substituted value until the schema says which is wanted: a string field takes the text
 * (`0123` stays `0123`, a file stays as it is), every other field the YAML value.
 */
export class Expanded {
  readonly value: unknown;
  readonly text: string;

  constructor(value: unknown, text: string) {
    this.value = value;
    this.text = text;
  }
}

/** The YAML reading of `raw`. */
export function unexpand(raw: unknown): unknown {
  return raw instanceof Expanded ? raw.value : raw;
}

/** The YAML reading of a whole tree. */
export function unexpandDeep(raw: unknown): unknown {
  const value = unexpand(raw);
  if (Array.isArray(value)) return value.map(unexpandDeep);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unexpandDeep(child)]));
}

/** Whether `value` is a YAML mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Expanded);
}
