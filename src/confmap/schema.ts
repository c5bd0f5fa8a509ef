// Declarative schemas of the user's configuration. A schema is data: decoding, validation, defaults, JSON Schema
// and print-config are all read off the same object. `decode.ts` is the interpreter that a component's tests want.
import { parseDurationMs } from "./duration.ts";
import type {
  AnyNode,
  BoolNode,
  DurationNode,
  EnumNode,
  Holds,
  ListNode,
  MapNode,
  Node,
  NumberNode,
  OptionalNode,
  Problem,
  StringNode,
  StructNode,
  TextNode,
} from "./node.ts";

export type { Problem } from "./node.ts";

/** Carries the decoded type; exists in the type system only. */
declare const decoded: unique symbol;
interface Of<C> {
  readonly [decoded]: C;
}

/** Describes one value of the configuration; `C` is what it decodes to. */
export type Schema<C = unknown> = Node & Of<C>;

/** The decoded type of a schema: `readonly`, keys in camelCase, durations in milliseconds under a key ending in `Ms`. */
export type Infer<S> = S extends Of<infer C> ? C : never;

export type Fields = Readonly<Record<string, Schema>>;

/** `send_batch_size` → `sendBatchSize`. */
export type Camel<K extends string> = K extends `${infer A}_${infer B}` ? `${A}${Capitalize<Camel<B>>}` : K;
type Suffix<S> = S extends { readonly suffix: "Ms" } ? "Ms" : "";
type Flat<T> = { readonly [K in keyof T]: T[K] };
type FieldsOf<F extends Fields> = Flat<{
  readonly [K in keyof F & string as `${Camel<K>}${Suffix<F[K]>}`]: Infer<F[K]>;
}>;

function schema<N extends Node, C>(node: N): N & Of<C> {
  return node as N & Of<C>;
}

/** Describes a string. What it `holds`, `validate` looks at. */
export function string(fallback = "", holds?: Holds): StringNode & Of<string> {
  return schema({ kind: "string", default: fallback, opaque: false, ...(holds && { holds }) });
}

/** Describes a string that is never shown: header values, tokens, keys. */
export function opaque(fallback = "", holds?: Holds): StringNode & Of<string> {
  return schema({ kind: "string", default: fallback, opaque: true, ...(holds && { holds }) });
}

/** Describes a string that `parse` makes canonical, or refuses by throwing. `pattern` is for those who only read. */
export function text(parse: (written: string) => string, pattern?: RegExp): TextNode & Of<string> {
  return schema({ kind: "text", default: "", parse, ...(pattern && { pattern }) });
}

/** Describes `true` or `false`. */
export function bool(fallback = false): BoolNode & Of<boolean> {
  return schema({ kind: "bool", default: fallback });
}

/** Describes a whole number. */
export function int(fallback = 0): NumberNode & Of<number> {
  return schema({ kind: "int", default: fallback });
}

/** Describes a whole number that is not negative. */
export function uint(fallback = 0): NumberNode & Of<number> {
  return schema({ kind: "uint", default: fallback });
}

/** Describes a number. */
export function float(fallback = 0): NumberNode & Of<number> {
  return schema({ kind: "float", default: fallback });
}

/** Describes a Go duration such as `1h30m`; a bare integer is nanoseconds. Decodes to milliseconds. */
export function duration(fallback = "0s"): DurationNode & Of<number> {
  return schema({ kind: "duration", default: parseDurationMs(fallback), suffix: "Ms" });
}

/**
 * Describes one of `values`, in any case; `name` says what they are: `enumOf("encoding", ["json", "console"])`. With a
 * function in its place, which gives the error for what is none of them, the case counts.
 */
export function enumOf<const V extends string>(
  name: string | ((written: string) => string),
  values: readonly V[],
  fallback: NoInfer<V>,
): EnumNode & Of<V> {
  const exact = typeof name === "function";
  const unknown = exact ? name : (written: string) => `unknown ${name} ${JSON.stringify(written)}`;
  return schema({ kind: "enum", unknown, exact, values, default: fallback });
}

/** Describes a list; a list of strings may also be written as `a,b`. A list given replaces the default. */
export function list<S extends Schema>(
  element: S,
  fallback: readonly Infer<S>[] = [],
): ListNode &
  Of<readonly Infer<S>[]> &
  (S extends { readonly suffix: "Ms" } ? { readonly suffix: "Ms" } : unknown) {
  const suffix = "suffix" in element ? { suffix: element.suffix } : {};
  return schema({ kind: "list", element, default: fallback, ...suffix } as ListNode & {
    readonly suffix: "Ms";
  });
}

/** Describes a map with free keys. With `pairs`, `[{name, value}]` is accepted too. */
export function map<S extends Schema>(
  element: S,
  options: {
    readonly default?: Readonly<Record<string, Infer<S>>>;
    readonly pairs?: boolean;
    readonly keys?: TextNode;
  } = {},
): MapNode & Of<Readonly<Record<string, Infer<S>>>> {
  const { default: fallback = {}, pairs = false, keys } = options;
  return schema({ kind: "map", element, default: fallback, pairs, ...(keys && { keys }) });
}

/**
 * Describes a section with fixed keys. `name` is the Collector's Go type, shown in errors. `validate` sees the decoded
 * section after all of its fields were decoded without error.
 */
export function struct<const F extends Fields>(
  name: string,
  fields: F,
  validate?: (config: FieldsOf<F>) => Iterable<Problem>,
): StructNode & Of<FieldsOf<F>> & { readonly fields: F } {
  return schema({ kind: "struct", name, fields, ...(validate && { validate }) } as StructNode & {
    readonly fields: F;
  });
}

/**
 * Puts the keys of one section among those of another, as the Collector does with its client and server settings.
 * Problems that the embedded section finds are reported under its type (`exporters::otlp::clientconfig: …`), those that
 * `validate` finds in the whole under the section itself.
 */
export function squash<A, B>(
  outer: Schema<A>,
  embedded: Schema<B>,
  validate?: (config: A & B) => Iterable<Problem>,
): Schema<A & B> {
  if (outer.kind !== "struct" || embedded.kind !== "struct") throw new TypeError("squash needs two structs");
  return schema({
    ...outer,
    fields: { ...outer.fields, ...embedded.fields, ...outer.fields }, // The outer's first, and they win.
    embedded: [...(outer.embedded ?? []), embedded],
    ...(validate && { validate }),
  } as StructNode);
}

/**
 * Describes an optional block, undefined when off. Absent: off, or on with its defaults where `on` is set. Present,
 * even as null: on, unless it says `enabled: false`. Set `switched` where that key is the Collector's own, not that of
 * its optional blocks.
 */
export function optional<S extends Schema>(
  inner: S,
  options: { readonly on?: boolean; readonly switched?: boolean } = {},
): OptionalNode &
  Of<Infer<S> | undefined> &
  (S extends { readonly suffix: "Ms" } ? { readonly suffix: "Ms" } : unknown) {
  const suffix = "suffix" in inner ? { suffix: inner.suffix } : {};
  const { on = false, switched = false } = options;
  return schema({ kind: "optional", inner, on, switched, ...suffix } as OptionalNode & {
    readonly suffix: "Ms";
  });
}

/** Describes a value that is taken as it is; undefined when absent. With `doubles`, whole ones come as a `Double`. */
export function any(options: { readonly doubles?: boolean } = {}): AnyNode & Of<unknown> {
  return schema({ kind: "any", doubles: options.doubles ?? false });
}
