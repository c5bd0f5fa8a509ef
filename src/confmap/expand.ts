// Substitution of `${scheme:opaque}` in configuration values, by the Collector's rules.
import { Expanded, isMapping } from "./expanded.ts";
import type { Retrieved } from "./retrieved.ts";

/** Fetches what stands between `${` and `}`, with its scheme. */
export type Fetch = (uri: string) => Promise<Retrieved>;

const MAX_ROUNDS = 1000;

/** Replaces every `${…}` in a tree, what they expand to included, and then `$$` by `$`. */
export async function expand(value: unknown, fetch: Fetch): Promise<unknown> {
  return unescapeDollars(await expandRepeatedly(value, fetch));
}

async function expandRepeatedly(value: unknown, fetch: Fetch): Promise<unknown> {
  let current = value;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = await expandOnce(current, fetch);
    if (next === current) return current;
    current = next;
  }
  throw new Error("too many recursive expansions");
}

/** One round; gives back the same value when nothing is left to expand. */
async function expandOnce(value: unknown, fetch: Fetch): Promise<unknown> {
  if (typeof value === "string") return expandFirst(value, fetch);
  if (value instanceof Expanded) return expandBoth(value, fetch);
  if (Array.isArray(value)) return expandItems(value, fetch);
  if (!isMapping(value)) return value;
  const keys = Object.keys(value);
  const values = Object.values(value);
  const expanded = await expandItems(values, fetch);
  return expanded === values ? value : Object.fromEntries(keys.map((key, index) => [key, expanded[index]]));
}

async function expandItems(items: readonly unknown[], fetch: Fetch): Promise<readonly unknown[]> {
  const expanded: unknown[] = [];
  for (const item of items) expanded.push(await expandRepeatedly(item, fetch));
  return expanded.some((item, index) => item !== items[index]) ? expanded : items;
}

/** Both readings of a value may hold further substitutions; of which is wanted nothing is known yet. */
async function expandBoth(value: Expanded, fetch: Fetch): Promise<unknown> {
  const meaning = await expandOnce(value.value, fetch);
  if (meaning instanceof Expanded || typeof meaning === "string") return meaning;
  const text = await expandText(value.text, fetch);
  if (typeof text !== "string") return meaning;
  return meaning === value.value && text === value.text ? value : new Expanded(meaning, text);
}

/** Undefined for a text that cannot be expanded, since the value it stands for could be. */
async function expandText(text: string, fetch: Fetch): Promise<unknown> {
  try {
    return await expandFirst(text, fetch);
  } catch {
    return undefined;
  }
}

/** Expands the first `${…}` that can be: the innermost of the leftmost. */
async function expandFirst(input: string, fetch: Fetch): Promise<unknown> {
  const found = findReference(input);
  if (found === undefined) return input;
  const { value, text } = await fetch(found.slice(2, -1));
  return found === input ? new Expanded(value, text) : input.replaceAll(found, () => text);
}

/** The first `${…}` without another inside that is not escaped by an odd number of further `$` before it. */
function findReference(input: string): string | undefined {
  let from = 0;
  for (;;) {
    const close = input.indexOf("}", from);
    if (close < 0) return undefined;
    const open = input.slice(from, close).lastIndexOf("${");
    if (open >= 0) {
      const start = from + open;
      const dollars = /\$*$/.exec(input.slice(from, start))![0].length;
      if (dollars % 2 === 0) return input.slice(start, close + 1);
    }
    from = close + 1;
  }
}

function unescapeDollars(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$$", () => "$");
  if (value instanceof Expanded)
    return new Expanded(unescapeDollars(value.value), unescapeDollars(value.text) as string);
  if (Array.isArray(value)) return value.map(unescapeDollars);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unescapeDollars(child)]));
}
