// Hot: the actions of the attributes and resource processors.
import { hash } from "node:crypto";
import type { Context } from "../../consumer/index.ts";
import { type AnyValue, type AttributesEditor, attributeKey } from "../../pdata/index.ts";
import type { ActionConfig } from "./action-config.ts";
import { toAnyValue } from "./any-value.ts";
import { contextValue } from "./context-value.ts";
import { CONVERSIONS, type ConvertedType } from "./convert.ts";
import { type GoRegExp, goRegExp } from "./go-regexp.ts";

/** Changes the attributes of one message; `context` is that of the request it came in. */
export type Action = (attributes: AttributesEditor, context: Context | undefined) => void;

/** Makes the actions, in their order, of a configuration that was found good. */
export function compileActions(configs: readonly ActionConfig[]): readonly Action[] {
  return configs.map((config) => COMPILERS[config.action.toLowerCase()]!(config));
}

const COMPILERS: Readonly<Record<string, (config: ActionConfig) => Action>> = {
  insert: (config) => assign(config, (there) => !there),
  update: (config) => assign(config, (there) => there),
  upsert: (config) => assign(config, () => true),
  delete: (config) => onEach(config, (attributes, key) => attributes.delete(key)),
  hash: (config) => onEach(config, (attributes, key) => attributes.set(key, sha256(attributes.get(key)))),
  extract,
  convert,
};

type Key = ReturnType<typeof attributeKey>;
/** Undefined where there is none; an empty value is one too. */
type Source = (
  attributes: AttributesEditor,
  context: Context | undefined,
) => { readonly value: AnyValue } | undefined;

function assign(config: ActionConfig, wanted: (there: boolean) => boolean): Action {
  const key = attributeKey(config.key);
  const source = sourceOf(config);
  return (attributes, context) => {
    if (!wanted(attributes.has(key))) return;
    const found = source(attributes, context);
    if (found) attributes.set(key, found.value);
  };
}

function sourceOf({ value, fromAttribute, fromContext, defaultValue }: ActionConfig): Source {
  const fallback =
    (defaultValue ?? undefined) === undefined ? undefined : { value: toAnyValue(defaultValue) };
  if ((value ?? undefined) !== undefined) {
    const given = { value: toAnyValue(value) };
    return () => given;
  }
  if (fromContext) {
    return (_, context) => {
      const text = contextValue(context, fromContext);
      return text === undefined ? fallback : { value: text };
    };
  }
  const from = attributeKey(fromAttribute);
  return (attributes) => (fromAttribute && attributes.has(from) ? { value: attributes.get(from) } : fallback);
}

/** Acts on the key, where there is one, and on every key that matches the pattern. */
function onEach(config: ActionConfig, act: (attributes: AttributesEditor, key: Key) => void): Action {
  const key = attributeKey(config.key);
  const pattern: GoRegExp | undefined = config.pattern ? goRegExp(config.pattern) : undefined;
  return (attributes) => {
    if (attributes.has(key)) act(attributes, key);
    if (!pattern) return;
    for (const text of attributes.keys()) if (pattern.test(text)) act(attributes, attributeKey(text));
  };
}

function extract(config: ActionConfig): Action {
  const key = attributeKey(config.key);
  const pattern = goRegExp(config.pattern);
  const targets = pattern.groupNames.map(attributeKey);
  return (attributes) => {
    const text = attributes.get(key);
    const groups = typeof text === "string" ? pattern.groups(text) : undefined;
    groups?.forEach((group, index) => {
      attributes.set(targets[index]!, group);
    });
  };
}

function convert(config: ActionConfig): Action {
  const key = attributeKey(config.key);
  const to = CONVERSIONS[config.convertedType as ConvertedType];
  return (attributes) => {
    if (!attributes.has(key)) return;
    const value = attributes.get(key);
    const converted = to(value);
    if (converted !== undefined && converted !== value) attributes.set(key, converted);
  };
}

/** The SHA-256 of a value's bytes in lower-case hex; empty for the kinds that the Collector does not hash. */
function sha256(value: AnyValue): string {
  const bytes = bytesOf(value);
  return bytes === undefined ? "" : hash("sha256", bytes, "hex");
}

function bytesOf(value: AnyValue): string | Buffer | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return Buffer.from([value ? 1 : 0]);
  const bytes = Buffer.alloc(8);
  if (typeof value === "bigint") bytes.writeBigInt64LE(value);
  else if (typeof value === "number") bytes.writeDoubleLE(value);
  else return undefined;
  return bytes;
}
