// Writes values as Go's fmt does, so that the output is the Collector's to the byte.
import type { AnyValue } from "../../pdata/decode/common.ts";
import { valueText } from "../../pdata/value-text.ts";
import { notFinite } from "../helper/go-float.ts";

/** A float as `%f`: six decimals, infinities signed. */
export function fixed(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  if (Object.is(value, -0)) return "-0.000000";
  return Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`;
}

/** Nanoseconds since the epoch as Go's time.Time prints itself in UTC. */
export function timestamp(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  const fraction = (ns % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  const [date, time] = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).split("T");
  return `${date} ${time}${fraction && `.${fraction}`} +0000 UTC`;
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
