import type { Attributes } from "../../pdata/decode/common.ts";
import { typedValue } from "./go.ts";

/** Attributes under a heading; nothing when there are none. */
export function attributeLines(heading: string, attributes: Attributes, indent = ""): string[] {
  if (attributes.length === 0) return [];
  return [
    `${heading}:`,
    ...attributes.map(({ key, value }) => `${indent}     -> ${key}: ${typedValue(value)}`),
  ];
}
