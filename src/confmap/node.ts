// What schemas are made of: data, which several interpreters read.

/** What a schema is made of. */
export type Node =
  | StringNode
  | TextNode
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

/** A string that is more than text, such as an id: Go's encoding.TextUnmarshaler. */
export interface TextNode {
  readonly kind: "text";
  readonly default: string;
  /** Gives its canonical form. Throws in the Collector's words. */
  readonly parse: (written: string) => string;
  /** What it looks like, for those who only read the schema. */
  readonly pattern?: RegExp;
}

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
  /** The error for another value: `unknown metrics level "loud"`. */
  readonly unknown: (written: string) => string;
  /** Whether the case counts. */
  readonly exact: boolean;
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
  /** What the keys are, when they are not free. */
  readonly keys?: TextNode;
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
  /** Whether `enabled` is a key like others to the Collector: the block then does not decode on its own. */
  readonly switched: boolean;
}

export interface AnyNode {
  readonly kind: "any";
  /** Whether whole doubles stay told from integers. */
  readonly doubles: boolean;
}

/**
 * What a `validate` hook found: the message, with the path of the key it is about, relative to the struct, where
 * the message alone does not say (`path::to::key`).
 */
export type Problem = string | { readonly path: string; readonly message: string };

/** The decoded name of a struct's key: `check_interval` of a duration → `checkIntervalMs`. */
export function fieldName(key: string, node: Node): string {
  const camel = key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return "suffix" in node ? camel + node.suffix : camel;
}
