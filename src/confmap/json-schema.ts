// Schemas as JSON Schema (draft 2020-12), for editors and for checks outside this program.
import { formatDurationMs } from "./duration.ts";
import type { EnumNode, ListNode, MapNode, Node, OptionalNode, StructNode } from "./node.ts";

/** A JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What `$defs` of a schema that holds others' schemas must have. */
export const DEFINITIONS: Readonly<Record<string, JsonSchema>> = {
  substitution: { type: "string", pattern: "\\$\\{.*\\}", description: "replaced before it is read" },
  duration: {
    anyOf: [
      { type: "string", pattern: "^[-+]?(?:0|(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$" },
      { type: "number", description: "nanoseconds" },
    ],
  },
};

const NULL: JsonSchema = { type: "null" };
const SUBSTITUTION: JsonSchema = { $ref: "#/$defs/substitution" };

/** The JSON Schema of one value. Null stands for the default everywhere, and `${…}` for anything. */
export function jsonSchema(node: Node): JsonSchema {
  if (node.kind === "any") return {};
  return { ...withDefault(node), anyOf: [...forms(node), SUBSTITUTION, NULL] };
}

/** What a value may look like that is neither null nor substituted. */
function forms(node: Exclude<Node, { kind: "any" }>): readonly JsonSchema[] {
  switch (node.kind) {
    case "string":
      return [{ type: "string" }];
    case "text":
      return [{ type: "string", ...(node.pattern && { pattern: node.pattern.source }) }];
    case "bool":
      return [{ type: "boolean" }];
    case "int":
    case "float":
      return [{ type: "number" }]; // What follows the point of a whole number is dropped, as the Collector does.
    case "uint":
      return [{ type: "number", minimum: 0 }];
    case "duration":
      return [{ $ref: "#/$defs/duration" }];
    case "enum":
      return enumForms(node);
    case "list":
      return listForms(node);
    case "map":
      return mapForms(node);
    case "struct":
      return [structForm(node)];
    case "optional":
      return optionalForms(node);
  }
}

/** The values for editors to offer, and for checks any mixture of cases. */
function enumForms({ values }: EnumNode): readonly JsonSchema[] {
  const anyCase = (word: string) =>
    word.replace(/[^0-9_-]/g, (letter) =>
      /[a-z]/i.test(letter) ? `[${letter.toLowerCase()}${letter.toUpperCase()}]` : `\\${letter}`,
    );
  return [{ enum: values }, { type: "string", pattern: `^(?:${values.map(anyCase).join("|")})$` }];
}

function listForms({ element }: ListNode): readonly JsonSchema[] {
  const list = { type: "array", items: jsonSchema(element) };
  return element.kind === "string" ? [list, { type: "string", description: "separated by commas" }] : [list];
}

function mapForms({ element, pairs, keys }: MapNode): readonly JsonSchema[] {
  const value = jsonSchema(element);
  const map = {
    type: "object",
    ...(keys?.pattern && { propertyNames: { pattern: keys.pattern.source } }),
    additionalProperties: value,
  };
  const pair = { type: "object", properties: { name: { type: "string" }, value }, required: ["name"] };
  return pairs ? [map, { type: "array", items: pair }] : [map];
}

function structForm({ fields }: StructNode, more: JsonSchema = {}): JsonSchema {
  const properties = Object.entries(fields).map(([key, field]) => [key, jsonSchema(field)] as const);
  return {
    type: "object",
    properties: { ...Object.fromEntries(properties), ...more },
    additionalProperties: false,
  };
}

function optionalForms({ inner, on }: OptionalNode): readonly JsonSchema[] {
  if (inner.kind === "any") return [{}];
  if (inner.kind !== "struct" || Object.hasOwn(inner.fields, "enabled")) return forms(inner);
  const enabled = jsonSchema({ kind: "bool", default: true });
  return [{ ...structForm(inner, { enabled }), description: on ? "on by default" : "off by default" }];
}

function withDefault(node: Node): JsonSchema {
  switch (node.kind) {
    case "duration":
      return { default: formatDurationMs(node.default) };
    case "string":
    case "bool":
    case "int":
    case "uint":
    case "float":
    case "enum":
      return { default: node.default };
    default:
      return {};
  }
}
