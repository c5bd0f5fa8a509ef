import { Double, isMapping } from "../../confmap/expanded.ts";
import type { AnyValue } from "../../pdata/index.ts";

/** A value of the configuration as an attribute's: whole numbers are integers unless written as doubles. */
export function toAnyValue(raw: unknown): AnyValue {
  if (typeof raw === "string" || typeof raw === "boolean" || typeof raw === "bigint") return raw;
  if (typeof raw === "number") return Number.isSafeInteger(raw) ? BigInt(raw) : raw;
  if (raw instanceof Double) return raw.value;
  if (Array.isArray(raw)) return raw.map(toAnyValue);
  if (!isMapping(raw)) return undefined;
  return { entries: Object.entries(raw).map(([key, value]) => ({ key, value: toAnyValue(value) })) };
}
