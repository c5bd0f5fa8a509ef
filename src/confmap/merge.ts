// How several configurations become one.
import { isMapping } from "./expanded.ts";

export type RawConfig = Readonly<Record<string, unknown>>;

/** Puts `over` on `base`: maps deeply, everything else is replaced; lists of components add up with `append`. */
export function merge(
  base: RawConfig,
  over: RawConfig,
  append: boolean,
  path: readonly string[] = [],
): RawConfig {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const old = merged.get(key);
    const here = [...path, key];
    if (isMapping(old) && isMapping(value)) merged.set(key, merge(old, value, append, here));
    else merged.set(key, append && isComponentList(here) ? joined(old, value) : value);
  }
  return Object.fromEntries(merged);
}

/** `service::extensions`, `service::**::receivers` and `service::**::exporters`. */
function isComponentList(path: readonly string[]): boolean {
  const last = path.at(-1);
  if (path[0] !== "service") return false;
  return last === "extensions"
    ? path.length === 2
    : path.length > 2 && (last === "receivers" || last === "exporters");
}

function joined(old: unknown, value: unknown): unknown {
  return Array.isArray(old) && Array.isArray(value) ? [...new Set([...old, ...value])] : value;
}
