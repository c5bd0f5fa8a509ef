// The conversions of the action `convert`. Undefined where a value cannot be converted, and stays as it is.
import type { AnyValue } from "../../pdata/index.ts";
import { valueText } from "../../pdata/index.ts";

export type ConvertedType = "string" | "int" | "double";

export const CONVERSIONS: Readonly<Record<ConvertedType, (value: AnyValue) => AnyValue>> = {
  string: (value) => (typeof value === "string" ? value : valueText(value)),
  int: toInt,
  double: toDouble,
};

const INT = /^[+-]?\d+$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const NAMED: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: Number.NaN };

function toInt(value: AnyValue): AnyValue {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number")
    return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : undefined;
  if (typeof value !== "string" || !INT.test(value)) return undefined;
  const parsed = BigInt(value.replace("+", ""));
  return BigInt.asIntN(64, parsed) === parsed ? parsed : undefined;
}

function toDouble(value: AnyValue): AnyValue {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return undefined;
  if (FLOAT.test(value)) return Number(value);
  const named = NAMED[value.toLowerCase().replace(/^[+-]/, "")];
  return named !== undefined && value.startsWith("-") ? -named : named;
}
