import type { AnyValue } from "../../../pdata/index.ts";
import type { Detected, Surroundings } from "./index.ts";

const PAIR = /\s*(\p{ASCII}{1,256}?)\s*=\s*(\p{ASCII}{0,256}?)\s*(?:,|$)/gu;

/** Reads `key=value,…` of OTEL_RESOURCE_ATTRIBUTES, else of the older OTEL_RESOURCE; values are percent-decoded. */
export function detectEnvironment({ env }: Surroundings): Detected {
  const text = env.OTEL_RESOURCE_ATTRIBUTES?.trim() || env.OTEL_RESOURCE?.trim() || "";
  const attributes = new Map<string, AnyValue>();
  let end = 0;
  for (const { index, 0: pair, 1: key, 2: value } of text.matchAll(PAIR)) {
    if (index !== end) break;
    attributes.set(key!, decoded(value!, pair));
    end = index + pair.length;
  }
  if (end === text.length) return attributes;
  if (end === 0) throw new Error(`invalid resource format: ${JSON.stringify(text)}`);
  throw new Error(`invalid resource format, invalid text: ${JSON.stringify(text.slice(end))}`);
}

function decoded(value: string, pair: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch (cause) {
    throw new Error(`invalid resource format in attribute: ${JSON.stringify(pair)}`, { cause });
  }
}
