// YAML as the Collector reads it: duplicate keys are errors, errors name lines, merge keys and old octals work.
import {
  type Document,
  isScalar,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from "yaml";
import { Double } from "./expanded.ts";

/** Text that is not YAML; the message begins with `yaml: ` and names the line. */
export class YamlError extends Error {
  override readonly name = "YamlError";
}

/** `0123` is 83, as in YAML 1.1 and in Go. */
const legacyOctal = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?0[0-7]+$/,
  resolve: (text: string): number => Number.parseInt(text, 8),
} as const;

/** `1.0` is a double, although JavaScript has only one kind of number. */
const wholeDouble = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  test: /^[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?$/,
  resolve(text: string): number | Double {
    const number = Number(text);
    return Number.isInteger(number) ? new Double(number) : number;
  },
} as const;

/** Parses one YAML document into plain values and `Double`s; an empty one is null. Throws a YamlError. */
export function parseYaml(text: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    uniqueKeys: false, // Found below, all of them and with both lines.
    stringKeys: false,
    customTags: (tags) => [legacyOctal, wholeDouble, ...tags],
  });
  const error = document.errors[0];
  if (error) throw new YamlError(`yaml: line ${lines.linePos(error.pos[0]).line}: ${describe(error)}`);
  const duplicates = duplicateKeys(document, (offset) => lines.linePos(offset).line);
  if (duplicates.length > 0) throw new YamlError(`yaml: unmarshal errors:\n${duplicates.join("\n")}`);
  try {
    return document.toJS();
  } catch (cause) {
    throw new YamlError(`yaml: ${(cause as Error).message}`, { cause }); // Such as too many aliases.
  }
}

/** libyaml's words, which users know, for what they meet most. */
function describe(error: YAMLError): string {
  const message = error.message.split("\n", 1)[0]!;
  if (/flow sequence|must end with a \]|expected flow-seq-end/i.test(message))
    return "did not find expected ',' or ']'";
  if (/flow map|must end with a \}|expected flow-map-end/i.test(message))
    return "did not find expected ',' or '}'";
  if (error.code === "TAB_AS_INDENT") return "found character that cannot start any token";
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function duplicateKeys(document: Document.Parsed, lineOf: (offset: number) => number): string[] {
  const found: string[] = [];
  visit(document, {
    Map(_key, { items }) {
      found.push(...duplicatesAmong(items.map(({ key }) => key).filter(isOwnKey), lineOf));
    },
  });
  return found;
}

function* duplicatesAmong(keys: readonly Scalar[], lineOf: (offset: number) => number): Iterable<string> {
  const lines = new Map<unknown, number>();
  for (const key of keys) {
    const line = lineOf(key.range?.[0] ?? 0);
    const first = lines.get(key.value);
    if (first === undefined) lines.set(key.value, line);
    else yield `  line ${line}: mapping key ${JSON.stringify(key.value)} already defined at line ${first}`;
  }
}

/** Whether a key is the mapping's own: `<<`, which merges another in, may be repeated. */
function isOwnKey(key: unknown): key is Scalar {
  return isScalar(key) && key.source !== "<<" && typeof key.value !== "symbol";
}
