// Writes values as Go's fmt does, so that the output is the Collector's to the byte.
import type { AnyValue, Attributes } from "../../pdata/decode/common.ts";

/** A float as `%f`: six decimals, infinities signed. */
export function fixed(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  if (Object.is(value, -0)) return "-0.000000";
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** A float as `%v`: shortest form, with an exponent below 1e-4 and from 1e6. */
export function shortest(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  if (Object.is(value, -0)) return "-0";
  const magnitude = Math.abs(value);
  if (magnitude === 0 || (magnitude >= 1e-4 && magnitude < 1e6)) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function notFinite(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

/** Nanoseconds since the epoch as Go's time.Time prints itself in UTC. */
export function timestamp(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const fraction = (ns % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  const [date, time] = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).split("T");
  return `${date} ${time}${fraction && `.${fraction}`} +0000 UTC`;
}

/** An attribute's value without its type: text as it is, the rest as JSON, bytes in base64. */
export function valueText(value: AnyValue): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return json(value);
}

/** A value with its type: `Str(text)`, `Int(1)`, `Map({"a":1})`. */
export function typedValue(value: AnyValue): string {
  return `${typeName(value)}(${valueText(value)})`;
}

function typeName(value: AnyValue): string {
  switch (typeof value) {
    case "string":
      return "Str";
    case "boolean":
      return "Bool";
    case "bigint":
      return "Int";
    case "number":
      return "Double";
    case "undefined":
      return "Empty";
    default:
      if (value instanceof Uint8Array) return "Bytes";
      return Array.isArray(value) ? "Slice" : "Map";
  }
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
