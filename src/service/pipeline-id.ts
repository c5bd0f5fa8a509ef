import { formatId, parseId } from "../component/id.ts";
import { nearest } from "../confmap/nearest.ts";
import type { Signal } from "../pdata/index.ts";

/** The signals that pipelines may carry; profiles are behind a gate, and no component has them yet. */
const SIGNALS: readonly string[] = ["traces", "metrics", "logs", "profiles"];

/** The signal a pipeline carries, by its id. Throws in the Collector's words. */
export function parsePipelineId(id: string): Signal | "profiles" {
  const { type } = parseId(id);
  if (SIGNALS.includes(type)) return type as Signal | "profiles";
  const hint = nearest(type, SIGNALS);
  const suggestion = hint === undefined ? "" : ` (did you mean "${hint}"?)`;
  throw new Error(
    `in ${JSON.stringify(id)} id: unknown pipeline signal: ${JSON.stringify(type)}${suggestion}`,
  );
}

/** A pipeline's id without the blanks around its parts. Throws in the Collector's words. */
export function canonicalPipelineId(written: string): string {
  parsePipelineId(written);
  return formatId(parseId(written));
}
