// The way back from typed configuration: what a user would have to write to get it, every default included.
import { formatDurationMs } from "./duration.ts";
import { fieldName, type MapNode, type Node, type OptionalNode, type StructNode } from "./node.ts";

/** What stands where a secret was. */
const REDACTED = "[REDACTED]";

/** Turns a decoded value into what YAML holds, keys sorted. Secrets are shown only where `unredacted`. */
export function encode(node: Node, value: unknown, unredacted: boolean): unknown {
  switch (node.kind) {
    case "string":
      return node.opaque && !unredacted && value !== "" ? REDACTED : value;
    case "duration":
      return formatDurationMs(value as number);
    case "list":
      return (value as unknown[]).map((item) => encode(node.element, item, unredacted));
    case "map":
      return encodeMap(node, value as object, unredacted);
    case "struct":
      return encodeStruct(node, value as Record<string, unknown>, unredacted);
    case "optional":
      return value === undefined ? off(node) : on(node, value, unredacted);
    default:
      return value;
  }
}

/** Headers and the like come as `[{name, value}]`, as the Collector has them. */
function encodeMap(node: MapNode, value: object, unredacted: boolean): unknown {
  const entries = sorted(Object.entries(value)).map(
    ([key, item]) => [key, encode(node.element, item, unredacted)] as const,
  );
  return node.pairs ? entries.map(([name, item]) => ({ name, value: item })) : Object.fromEntries(entries);
}

function encodeStruct(node: StructNode, config: Record<string, unknown>, unredacted: boolean): object {
  const entries = Object.entries(node.fields).map(
    ([key, field]) => [key, encode(field, config[fieldName(key, field)], unredacted)] as const,
  );
  return Object.fromEntries(sorted(entries.filter(([, value]) => value !== undefined)));
}

function on({ inner, switched }: OptionalNode, value: unknown, unredacted: boolean): unknown {
  const encoded = encode(inner, value, unredacted);
  return switched ? { enabled: true, ...(encoded as object) } : encoded;
}

/** The Collector prints null, which read again would turn the block on. */
function off({ inner }: OptionalNode): object | undefined {
  const canSay = inner.kind === "struct" && !Object.hasOwn(inner.fields, "enabled");
  return canSay ? { enabled: false } : undefined;
}

function sorted<T>(entries: readonly (readonly [string, T])[]): readonly (readonly [string, T])[] {
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
