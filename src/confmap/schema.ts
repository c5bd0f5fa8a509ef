// Declarative schemas of the user's configuration. A schema is data: decoding, validation, defaults, JSON Schema
// and print-config are all read off the same object. `decode.ts` is the interpreter that a component's tests want.
import { parseDurationMs } from "./duration.ts";

/** Carries the decoded type; exists in the type system only. */
declare const decoded: unique symbol;
interface Of<C> {
  readonly [decoded]: C;
}

/** Describes one value of the configuration; `C` is what it decodes to. */
export type Schema<C = unknown> = Node & Of<C>;

/** The decoded type of a schema: `readonly`, keys in camelCase, durations in milliseconds under a key ending in `Ms`. */
export type Infer<S> = S extends Of<infer C> ? C : never;

/** What a schema is made of. */
export type Node =
  | StringNode
  | BoolNode
  | NumberNode
  | DurationNode
  | EnumNode
  | ListNode
  | MapNode
  | StructNode
  | OptionalNode
  | AnyNode;

export interface StringNode {
  readonly kind: "string";
  readonly default: string;
  /** A secret: print-config shows `[REDACTED]`. */
  readonly opaque: boolean;
  /** What it stands for, if that can be checked without running anything. */
  readonly holds?: Holds;
}

/**
 * What a string stands for, for `validate` to look at: a `file` that is there, one that holds PEM, PEM itself, or
 * the `address` of a host and port.
 */
export type Holds = "file" | "certificate_file" | "key_file" | "certificate" | "key" | "address";

export interface BoolNode {
  readonly kind: "bool";
  readonly default: boolean;
}

export interface NumberNode {
  readonly kind: "int" | "uint" | "float";
  readonly default: number;
}

/** A Go duration; decodes to milliseconds. */
export interface DurationNode {
  readonly kind: "duration";
  readonly default: number;
  readonly suffix: "Ms";
}

export interface EnumNode {
  readonly kind: "enum";
  /** What the values are, for the error: `unknown metrics level "loud"`. */
  readonly name: string;
  readonly values: readonly string[];
  readonly default: string;
}

export interface ListNode {
  readonly kind: "list";
  readonly element: Node;
  readonly default: readonly unknown[];
  readonly suffix?: "Ms";
}

export interface MapNode {
  readonly kind: "map";
  readonly element: Node;
  readonly default: Readonly<Record<string, unknown>>;
  /** Also accepts a list of `{name, value}`, as the Collector's header maps do. */
  readonly pairs: boolean;
  /** What keys look like, for those who only read the schema: who decodes the map says what is wrong with a key. */
  readonly keys?: RegExp;
}

export interface StructNode {
  readonly kind: "struct";
  /** The Collector's Go type, which its errors name: `configgrpc.ClientConfig`. */
  readonly name: string;
  readonly fields: Readonly<Record<string, Node>>;
  /** Sections whose keys stand among this one's own; `fields` has them too. */
  readonly embedded?: readonly StructNode[];
  validate?(config: unknown): Iterable<Problem>;
}

export interface OptionalNode {
  readonly kind: "optional";
  readonly inner: Node;
  /** Whether the block is on when its key is absent. */
  readonly on: boolean;
}

export interface AnyNode {
  readonly kind: "any";
}

/**
 * What a `validate` hook found: the message, with the path of the key it is about, relative to the struct, where
 * the message alone does not say (`path::to::key`).
 */
export type Problem = string | { readonly path: string; readonly message: string };

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

/** Describes one of `values`, in any case; `name` says what they are: `enumOf("encoding", ["json", "console"])`. */
export function enumOf<const V extends string>(
  name: string,
  values: readonly V[],
  fallback: NoInfer<V>,
): EnumNode & Of<V> {
  return schema({ kind: "enum", name, values, default: fallback });
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
    readonly keys?: RegExp;
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
    fields: { ...embedded.fields, ...outer.fields },
    embedded: [...(outer.embedded ?? []), embedded],
    ...(validate && { validate }),
  } as StructNode);
}

/**
 * Describes an optional block, undefined when off. Absent: off, or on with its defaults where `on` is set. Present,
 * even as null: on, unless it says `enabled: false`.
 */
export function optional<S extends Schema>(
  inner: S,
  options: { readonly on?: boolean } = {},
): OptionalNode &
  Of<Infer<S> | undefined> &
  (S extends { readonly suffix: "Ms" } ? { readonly suffix: "Ms" } : unknown) {
  const suffix = "suffix" in inner ? { suffix: inner.suffix } : {};
  return schema({ kind: "optional", inner, on: options.on ?? false, ...suffix } as OptionalNode & {
    readonly suffix: "Ms";
  });
}

/** Describes a value that is taken as it is; undefined when absent. */
export function any(): AnyNode & Of<unknown> {
  return schema({ kind: "any" });
}

/** The decoded name of a struct's key: `check_interval` of a duration → `checkIntervalMs`. */
export function fieldName(key: string, node: Node): string {
  const camel = key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return "suffix" in node ? camel + node.suffix : camel;
}
