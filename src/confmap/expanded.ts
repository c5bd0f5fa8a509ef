// Values that are more than what they mean: substituted ones, which have a text too, and doubles that are whole.

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

/** A number that YAML says is a double although it is whole: `1.0`, `2e3`. Only an attribute's value makes use of that. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  /** For those who print configurations. */
  toJSON(): number {
    return this.value;
  }
}

/** The YAML reading of `raw`. */
export function unexpand(raw: unknown): unknown {
  const value = raw instanceof Expanded ? raw.value : raw;
  return value instanceof Double ? value.value : value;
}

/** The YAML reading of a whole tree; with `doubles`, those that are whole stay what they are. */
export function unexpandDeep(raw: unknown, doubles = false): unknown {
  const written = raw instanceof Expanded ? raw.value : raw;
  const value = doubles ? written : unexpand(written);
  if (Array.isArray(value)) return value.map((child) => unexpandDeep(child, doubles));
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unexpandDeep(child, doubles)]));
}

/** Whether `value` is a YAML mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  if (value instanceof Expanded || value instanceof Double) return false;
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
