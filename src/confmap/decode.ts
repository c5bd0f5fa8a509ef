// Interprets schemas: raw configuration in, typed configuration or every error out, in the Collector's own words.
import { parseDurationMs } from "./duration.ts";
import { Expanded, isMapping, unexpand, unexpandDeep } from "./expanded.ts";
import { goKind, goType } from "./go-type.ts";
import { nearest } from "./nearest.ts";
import {
  fieldName,
  type ListNode,
  type MapNode,
  type Node,
  type OptionalNode,
  type StructNode,
} from "./node.ts";
import type { Schema } from "./schema.ts";
import { validate } from "./validate.ts";

/** A configuration the user has to correct. The message is complete: no stack trace helps. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** What decoding gave: `value` is whole only when `errors` is empty. */
export interface Decoded<C> {
  readonly value: C;
  readonly errors: readonly string[];
}

/** Decodes `raw`, filling in defaults. All errors are found, each with its key's path; values with errors hold defaults. */
export function decode<C>(schema: Schema<C>, raw: unknown): Decoded<C> {
  const errors: string[] = [];
  const value = visit(schema, raw, { path: "", errors }) as C;
  return { value, errors };
}

/** Decodes and validates. Throws a ConfigError that lists every error. */
export function parseConfig<C>(schema: Schema<C>, raw: unknown): C {
  const { value, errors } = decode(schema, raw);
  if (errors.length > 0) throw new ConfigError(failed(errors));
  const problems = validate(schema, value, "");
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return value;
}

/** The configuration of a component whose section is empty. */
export function defaultConfig<C>(schema: Schema<C>): C {
  return decode(schema, undefined).value;
}

/** Wraps errors as the Collector does, once per section that decodes on its own. */
export function failed(errors: readonly string[]): string {
  return `decoding failed due to the following error(s):\n\n${errors.join("\n")}`;
}

/** Where decoding is: the path since the last section that decodes on its own, and the errors so far. */
interface Place {
  readonly path: string;
  readonly errors: string[];
}

type Visitor<N> = (node: N, raw: unknown, place: Place) => unknown;
type Visitors = { readonly [K in Node["kind"]]: Visitor<Extract<Node, { kind: K }>> };

const visitors: Visitors = {
  string: (node, raw, place) => {
    const text = raw instanceof Expanded ? raw.text : raw;
    return typeof text === "string"
      ? text
      : mismatch(node.opaque ? "configopaque.String" : "string", text, node.default, place);
  },
  text: (node, raw, place) => {
    const text = raw instanceof Expanded ? raw.text : raw;
    if (typeof text !== "string") return mismatch("string", text, node.default, place);
    return attempt(() => node.parse(text), node.default, place);
  },
  bool: (node, raw, place) => {
    const value = unexpand(raw);
    return typeof value === "boolean" ? value : mismatch("bool", value, node.default, place);
  },
  int: number,
  uint: number,
  float: number,
  duration: (node, raw, place) => {
    const value = unexpand(raw);
    if (Number.isFinite(value)) return (value as number) / 1e6; // A bare number is nanoseconds.
    if (typeof value !== "string") return mismatch("time.Duration", value, node.default, place);
    return attempt(() => parseDurationMs(value), node.default, place);
  },
  enum: (node, raw, place) => {
    const text = raw instanceof Expanded ? raw.text : raw;
    if (typeof text !== "string") return mismatch("string", text, node.default, place);
    const value = node.values.find(
      (known) => known === text || (!node.exact && known.toLowerCase() === text.toLowerCase()),
    );
    return value ?? fail(node.unknown(text), node.default, place);
  },
  list: visitList,
  map: visitMap,
  struct: visitStruct,
  optional: (node, raw, place) => visitOptional(node, raw, place),
  any: ({ doubles }, raw) => unexpandDeep(raw, doubles),
};

/** Decodes one value; absent and null mean the default. */
function visit(node: Node, raw: unknown, place: Place): unknown {
  const value = unexpand(raw);
  if (value === undefined || value === null) {
    if (raw instanceof Expanded && node.kind === "string") return raw.text;
    if (raw instanceof Expanded && node.kind in ZERO) return ZERO[node.kind];
    return absent(node, value, place);
  }
  return (visitors[node.kind] as Visitor<Node>)(node, raw, place);
}

/** What an unset variable is: unlike an absent key, it takes the default's place. */
const ZERO: Partial<Record<Node["kind"], unknown>> = { bool: false, int: 0, uint: 0, float: 0, duration: 0 };

function absent(node: Node, raw: null | undefined, place: Place): unknown {
  if (node.kind === "struct") return visitStruct(node, {}, place);
  if (node.kind === "optional")
    return node.on || raw === null ? visit(node.inner, undefined, place) : undefined;
  return node.kind === "any" ? undefined : node.default;
}

function number(node: Extract<Node, { kind: "int" | "uint" | "float" }>, raw: unknown, place: Place): number {
  const value = unexpand(raw);
  const wanted = { int: "int", uint: "uint32", float: "float64" }[node.kind];
  if (typeof value !== "number") return mismatch(wanted, value, node.default, place);
  if (!Number.isFinite(value))
    return fail(`cannot parse value as '${wanted}': ${value}`, node.default, place);
  if (node.kind === "float") return value;
  if (node.kind === "uint" && value < 0) {
    return fail(`cannot parse value as '${wanted}': ${value} overflows uint`, node.default, place);
  }
  return Math.trunc(value); // As the Collector's decoder does.
}

function visitList(node: ListNode, raw: unknown, place: Place): unknown {
  const value = unexpand(raw);
  if (typeof value === "string" && node.element.kind === "string")
    return value === "" ? [] : value.split(",");
  if (!Array.isArray(value)) {
    return fail(`source data must be an array or slice, got ${goKind(value)}`, node.default, place);
  }
  return value.map((item, index) =>
    visitElement(node, item, { path: `${place.path}[${index}]`, errors: place.errors }),
  );
}

/** Null is the default of a key; where anything may stand it is a value like others. */
function visitElement({ element }: ListNode | MapNode, item: unknown, place: Place): unknown {
  return element.kind === "any" ? unexpandDeep(item, element.doubles) : visit(element, item, place);
}

function visitMap(node: MapNode, raw: unknown, place: Place): unknown {
  const value = unexpand(raw);
  if (node.pairs && !isMapping(value)) return visitPairs(node, value, place);
  if (!isMapping(value)) return fail(`expected a map, got '${goKind(value)}'`, node.default, place);
  const errors: string[] = [];
  const inner = node.pairs ? { path: "", errors } : place; // Such maps decode on their own.
  const decoded = new Map<string, unknown>();
  for (const [written, item] of Object.entries(value)) {
    const key = attempt(() => keyOf(written, node, decoded), undefined, place);
    const path = `${inner.path}[${written}]`;
    if (key !== undefined) decoded.set(key, visitElement(node, item, { path, errors: inner.errors }));
  }
  if (errors.length > 0) place.errors.push(`'${place.path}' ${failed(errors)}`);
  return Object.fromEntries(decoded);
}

function keyOf(written: string, { keys }: MapNode, known: ReadonlyMap<string, unknown>): string {
  const key = keys ? keys.parse(written) : written;
  if (known.has(key)) throw new Error(`duplicate name ${JSON.stringify(written)} after unmarshaling ${key}`);
  return key;
}

/** `[{name, value}]`, as the Collector writes maps whose order counts. */
function visitPairs(node: MapNode, value: unknown, place: Place): unknown {
  if (!Array.isArray(value))
    return fail(`source data must be an array or slice, got ${goKind(value)}`, node.default, place);
  const pair: StructNode = {
    kind: "struct",
    name: "configopaque.Pair",
    fields: { name: { kind: "string", default: "", opaque: false }, value: node.element },
  };
  const pairs = value.map((item, index) =>
    visitStruct(pair, item, { path: `${place.path}[${index}]`, errors: place.errors }),
  ) as { readonly name: string; readonly value: unknown }[];
  return Object.fromEntries(pairs.map(({ name, value: item }) => [name, item]));
}

function visitStruct(node: StructNode, raw: unknown, place: Place): unknown {
  const value = unexpand(raw);
  const section = isMapping(value) ? value : {};
  if (!isMapping(value))
    fail(`expected a map or struct, got ${JSON.stringify(goKind(value))}`, undefined, place);
  const config: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(node.fields)) {
    const path = place.path === "" ? key : `${place.path}.${key}`;
    const given = Object.hasOwn(section, key) ? section[key] : undefined;
    config[fieldName(key, field)] = visit(field, given, { path, errors: place.errors });
  }
  const unknown = Object.keys(section).filter((key) => !Object.hasOwn(node.fields, key));
  if (unknown.length > 0) place.errors.push(invalidKeys(node, unknown, place.path));
  return config;
}

function invalidKeys(node: StructNode, keys: readonly string[], path: string): string {
  const shown = keys.toSorted().map((key) => {
    const hint = nearest(key, Object.keys(node.fields));
    return hint === undefined ? key : `${key} (did you mean "${hint}"?)`;
  });
  return `'${path || node.name}' has invalid keys: ${shown.join(", ")}`;
}

/** A block of its own: its errors are nested, and `enabled` is a key of the block, not of what is in it. */
function visitOptional(node: OptionalNode, raw: unknown, place: Place): unknown {
  const value = unexpand(raw);
  if (node.inner.kind !== "struct") return visit(node.inner, raw, place);
  if (!isMapping(value)) {
    const path = node.switched ? place.path : `${place.path}' '`;
    return visit(node.inner, raw, { ...place, path });
  }
  const errors: string[] = [];
  const config = visitBlock(node, node.inner, value, node.switched ? place : { path: "", errors });
  if (errors.length > 0) place.errors.push(`'${place.path}' ${failed(errors)}`);
  return config;
}

function visitBlock(
  node: OptionalNode,
  inner: StructNode,
  value: Record<string, unknown>,
  place: Place,
): unknown {
  if (Object.hasOwn(inner.fields, "enabled")) return visit(inner, value, place);
  const { enabled, ...section } = value;
  const path = node.switched ? `${place.path}.enabled` : "enabled";
  const on = visit({ kind: "bool", default: true }, enabled, { path, errors: place.errors });
  const config = visit(inner, section, place);
  return on ? config : undefined;
}

function mismatch<T>(wanted: string, value: unknown, fallback: T, place: Place): T {
  return fail(`expected type '${wanted}', got unconvertible type '${goType(value)}'`, fallback, place);
}

function fail<T>(message: string, fallback: T, place: Place): T {
  place.errors.push(`'${place.path}' ${message}`);
  return fallback;
}

function attempt<T>(parse: () => T, fallback: T, place: Place): T {
  try {
    return parse();
  } catch (error) {
    return fail((error as Error).message, fallback, place);
  }
}
