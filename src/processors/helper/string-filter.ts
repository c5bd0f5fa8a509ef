// The Collector's filterset: texts to compare with, exactly or by regular expression.
import { goRegExp } from "./go-regexp.ts";

export type MatchType = "strict" | "regexp";

/** Whether a text is one of those that a filter names. */
export type StringFilter = (text: string) => boolean;

/** Compiles a list of texts or expressions. Throws on one that is no expression. */
export function stringFilter(matchType: MatchType, texts: readonly string[]): StringFilter {
  if (matchType === "strict") {
    const wanted = new Set(texts);
    return (text) => wanted.has(text);
  }
  const expressions = texts.map(compile);
  return (text) => expressions.some((expression) => expression.test(text));
}

function compile(pattern: string): ReturnType<typeof goRegExp> {
  try {
    return goRegExp(pattern);
  } catch (cause) {
    throw new Error(`error parsing regexp: ${(cause as Error).message}`, { cause });
  }
}
