// Go's regular expressions (RE2 syntax), as configurations have them, on top of JavaScript's.
import v8 from "node:v8";

// RE2 takes linear time whatever the input. V8 backtracks, and hands an expression that does so without end to its
// linear engine, which has RE2's syntax: no look-around, no back-references. It has no Unicode mode, which is asked for
// only by an expression that needs it.
v8.setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");

/** A compiled expression. */
export interface GoRegExp {
  /** Whether it matches anywhere in `text`. */
  test(text: string): boolean;
  /** The texts of its groups where it matches; an empty one for a group that took no part. */
  groups(text: string): readonly string[] | undefined;
  /** The names of its groups in order; empty for one without. */
  readonly groupNames: readonly string[];
}

/** Compiles `pattern`. Throws a SyntaxError where it is not of RE2. */
export function goRegExp(pattern: string): GoRegExp {
  const { source, flags, groupNames } = translate(pattern);
  const expression = new RegExp(source, flags);
  return {
    groupNames,
    test: (text) => expression.test(text),
    groups(text) {
      const match = expression.exec(text);
      return match
        ? Array.from(match)
            .slice(1)
            .map((group) => group ?? "")
        : undefined;
    },
  };
}

interface Translation {
  readonly source: string;
  readonly flags: string;
  readonly groupNames: readonly string[];
}

/** One piece of an expression: an escape, a class, the beginning of a group, or one character. */
const TOKEN =
  /\\x\{[0-9a-fA-F]+\}|\\[pP](?:\{\^?\w+\}|\w)|\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\(\?P?<[^>]*>|\(\?[a-zA-Z-]*[:)]|\(\?|[\s\S]/g;

/** POSIX classes, as they stand inside brackets. */
const CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

function translate(pattern: string): Translation {
  const names: string[] = [];
  let flags = "";
  let source = "";
  for (const [token] of pattern.matchAll(TOKEN)) {
    const leading = source === "" ? /^\(\?([ims]+)\)$/.exec(token) : null;
    if (leading) flags += leading[1];
    else source += translateToken(token, names, flags);
  }
  if (/\\[pP]\{/.test(source)) flags += "u";
  return { source, flags, groupNames: names };
}

function translateToken(token: string, names: string[], flags: string): string {
  if (token === "(") names.push("");
  if (token.startsWith("(?")) return translateGroup(token, names);
  if (token.startsWith("\\Q"))
    return token
      .slice(2)
      .replace(/\\E$/, "")
      .replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  if (token === "\\A") return flags.includes("m") ? "(?<![\\s\\S])" : "^";
  if (token === "\\z") return flags.includes("m") ? "(?![\\s\\S])" : "$";
  if (token.startsWith("\\")) return translateEscape(token);
  if (token.length > 1 && token.startsWith("[")) return translateClass(token);
  return token;
}

function translateGroup(token: string, names: string[]): string {
  const name = /^\(\?P?<([^=!].*)>$/.exec(token)?.[1];
  if (name === undefined) {
    if (/^\(\?[ims]*(?:-[ims]+)?:$/.test(token)) return token;
    throw new SyntaxError(`invalid or unsupported Perl syntax: \`${token}\``);
  }
  if (!/^\w+$/.test(name)) throw new SyntaxError(`invalid named capture: \`${token}\``);
  names.push(name);
  return "("; // By number: Go's names may begin with a digit.
}

/** Escapes that mean the same in both. */
const SHARED = /^\\(?:[dDsSwWbBnrtfv^$.*+?()[\]{}|/\\]|x[0-9a-fA-F]?)$/;

function translateEscape(token: string): string {
  if (SHARED.test(token)) return token;
  if (token === "\\a") return "\\x07";
  const code = /^\\x\{(.+)\}$/.exec(token)?.[1];
  if (code !== undefined) return literal(String.fromCodePoint(Number.parseInt(code, 16)));
  const property = /^\\([pP])\{?(\^?)(\w+)\}?$/.exec(token);
  if (property && token.length > 2)
    return `\\${property[2] ? "P" : property[1]}{${propertyName(property[3]!)}}`;
  if (/[0-9a-zA-Z]/.test(token[1]!)) throw new SyntaxError(`invalid escape sequence: \`${token}\``);
  return literal(token.slice(1));
}

/** Scripts need a prefix in JavaScript; general categories do not. */
function propertyName(name: string): string {
  return /^[A-Z][a-z]?$/.test(name) ? name : `Script=${name}`;
}

/** A character by its UTF-16 units, which is a group where there are two. */
function literal(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => hex4(character.charCodeAt(i)));
  return units.length === 1 ? units[0]! : `(?:${units.join("")})`;
}

function hex4(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** JavaScript has no POSIX classes, and wants a bracket inside a class escaped. */
function translateClass(token: string): string {
  const negated = token.startsWith("[^");
  const body = token.slice(negated ? 2 : 1, -1);
  const translated = body.replace(
    /\[:(\^?)(\w+):\]|\\([\s\S])|[[\]]/gu,
    (part, not: string, name: string, escaped: string) => {
      if (name) return not ? negatedClass(name) : classNamed(name);
      if (escaped) return escaped === "-" ? part : translateEscape(part);
      return `\\${part}`;
    },
  );
  return `[${negated ? "^" : ""}${translated}]`;
}

function classNamed(name: string): string {
  const known = CLASSES[name];
  if (known === undefined) throw new SyntaxError(`invalid character class range: \`[:${name}:]\``);
  return known;
}

/** Those that have an escape of their own can be negated inside of a class; others could not be written there. */
function negatedClass(name: string): string {
  const negated = { digit: "\\D", space: "\\S", word: "\\W" }[name];
  if (negated === undefined) throw new SyntaxError(`invalid character class range: \`[:^${name}:]\``);
  return negated;
}
