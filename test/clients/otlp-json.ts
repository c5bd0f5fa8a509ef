// The part of OTLP's JSON that these tests speak: what the clients are told to send, and what the file exporter writes.

/** A value; int64 as a string, bytes in base64. */
export type AnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly bytesValue: string }
  | { readonly arrayValue: { readonly values: readonly AnyValue[] } }
  | { readonly kvlistValue: { readonly values: readonly KeyValue[] } };

/** An attribute. */
export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** A message with whatever fields it has. */
export type Message = Readonly<Record<string, unknown>>;

export const text = (stringValue: string): AnyValue => ({ stringValue });
export const flag = (boolValue: boolean): AnyValue => ({ boolValue });
export const int = (value: number | bigint): AnyValue => ({ intValue: String(value) });
export const double = (doubleValue: number): AnyValue => ({ doubleValue });
export const bytes = (value: Uint8Array): AnyValue => ({ bytesValue: Buffer.from(value).toString("base64") });
export const array = (...values: readonly AnyValue[]): AnyValue => ({ arrayValue: { values } });
export const map = (entries: Readonly<Record<string, AnyValue>>): AnyValue => ({
  kvlistValue: { values: attributes(entries) },
});

/** Attributes of an object. */
export function attributes(entries: Readonly<Record<string, AnyValue>>): KeyValue[] {
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

/** Fields for which a zero is not the same as nothing: they are of a `oneof` or `optional`. */
const PRESENT = new Set(["asInt", "asDouble", "sum", "min", "max"]);

/**
 * Gives the message as every writer of OTLP's JSON would if they agreed: fields that say their default are left out,
 * attributes are in alphabetical order.
 */
export function canonical(message: object): Message {
  const entries = Object.entries(message).map(([key, value]) => [key, canonicalField(key, value)] as const);
  return Object.fromEntries(entries.filter(([key, value]) => PRESENT.has(key) || !isDefault(value)));
}

function canonicalField(key: string, value: unknown): unknown {
  if (key === "attributes" || key === "filteredAttributes") return sorted(value as readonly KeyValue[]);
  if (key === "body") return canonicalValue(value as AnyValue);
  if (Array.isArray(value)) return value.map((item) => (isMessage(item) ? canonical(item) : item));
  return isMessage(value) ? canonical(value) : value;
}

function sorted(list: readonly KeyValue[]): KeyValue[] {
  const values = list.map(({ key, value }) => ({ key, value: canonicalValue(value) }));
  return values.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** A value is what it says, also where that is nothing; only the order of its keys means nothing. */
function canonicalValue(value: AnyValue): AnyValue {
  if ("arrayValue" in value) return array(...(value.arrayValue.values ?? []).map(canonicalValue));
  if ("kvlistValue" in value) return { kvlistValue: { values: sorted(value.kvlistValue.values ?? []) } };
  return value;
}

function isMessage(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDefault(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === "0") return true;
  if (value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
