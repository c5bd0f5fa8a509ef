// Attribute values as text, as the Collector's Value.AsString has it.
import type { AnyValue, Attributes } from "./decode/common.ts";

/** An attribute's value without its type: text as it is, the rest as JSON, bytes in base64. */
export function valueText(value: AnyValue): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return json(value);
}

/** JSON as Go's encoder has it: keys of maps sorted, `<`, `>` and `&` escaped. */
function json(value: AnyValue): string {
  switch (typeof value) {
    case "undefined":
      return "null";
    case "number":
      return jsonNumber(value);
    case "string":
      return jsonText(value);
    case "object":
      return jsonObject(value);
    default:
      return String(value);
  }
}

function jsonObject(value: Exclude<AnyValue, string | number | bigint | boolean | undefined>): string {
  if (value instanceof Uint8Array) return jsonText(Buffer.from(value).toString("base64"));
  if ("entries" in value && !Array.isArray(value)) return jsonMap((value as { entries: Attributes }).entries);
  return `[${(value as readonly AnyValue[]).map(json).join(",")}]`;
}

function jsonMap(entries: Attributes): string {
  const last = new Map(entries.map(({ key, value }) => [key, value]));
  const sorted = [...last].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${jsonText(key)}:${json(value)}`).join(",")}}`;
}

function jsonText(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Go's JSON writes numbers as JavaScript does, and has none for NaN and infinities. */
function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) return `json: unsupported value: ${notFinite(value)}`;
  return Object.is(value, -0) ? "-0" : String(value);
}

function notFinite(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}
