// The user's route patterns: `/users/{id}`, `/files/*`, `/static/**`.

interface Pattern {
  readonly text: string;
  readonly segments: readonly string[];
}

/** Literal segments count most, then those that match any one segment, then the tail that matches all. */
const RANK = { literal: 0, any: 1, tail: 2 } as const;

const TAIL = "**";

function isAny(segment: string): boolean {
  return segment === "*" || /^\{[^{}]+\}$/.test(segment);
}

function rankOf(segment: string | undefined): number {
  if (segment === TAIL) return RANK.tail;
  return segment !== undefined && isAny(segment) ? RANK.any : RANK.literal;
}

/** What is wrong with a pattern, as the end of a sentence; undefined for a good one. */
export function patternProblem(pattern: string): string | undefined {
  if (!pattern.startsWith("/")) return "must begin with /";
  if (/[?#\s]/.test(pattern)) return "must be a path, without query";
  const segments = pattern.split("/");
  if (segments.slice(0, -1).includes(TAIL)) return "may have ** only at its end";
  const odd = segments.find((segment) => /[{}*]/.test(segment) && segment !== TAIL && !isAny(segment));
  return odd === undefined ? undefined : `has ${JSON.stringify(odd)}: a segment is a name, {name}, * or **`;
}

/** The patterns of a configuration, the most specific first; of equals the one that was written first. */
export class RoutePatterns {
  readonly #patterns: readonly Pattern[];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns
      .map((text) => ({ text, segments: text.split("/") }))
      .sort((a, b) => compareSpecificity(a.segments, b.segments));
  }

  /** The pattern that `path` matches, as it was written. Case counts. */
  match(path: string): string | undefined {
    const segments = path.split("/");
    return this.#patterns.find((pattern) => matches(pattern.segments, segments))?.text;
  }
}

function compareSpecificity(a: readonly string[], b: readonly string[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rankOf(a[i]) - rankOf(b[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const tail = pattern.at(-1) === TAIL;
  const fixed = tail ? pattern.length - 1 : pattern.length;
  if (tail ? path.length < fixed : path.length !== fixed) return false;
  for (let i = 0; i < fixed; i++) {
    const segment = pattern[i]!;
    if (isAny(segment) ? path[i] === "" : segment !== path[i]) return false;
  }
  return true;
}
