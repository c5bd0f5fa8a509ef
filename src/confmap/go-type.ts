// What Go calls the values that YAML holds.
import { isMapping } from "./expanded.ts";

/** The type of a value, as `%T` prints it. */
export function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (isMapping(value)) return "map[string]interface {}";
  return goKind(value);
}

/** The kind of a value, by Go's reflection. */
export function goKind(value: unknown): string {
  if (Array.isArray(value)) return "slice";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map";
}
