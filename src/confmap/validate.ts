// Runs what schemas say of decoded values.
import { fieldName, type Node, type StructNode } from "./node.ts";

/** Runs every `validate` hook of a decoded value. Gives `path::to::key: message` for each problem. */
export function validate(schema: Node, value: unknown, path: string): string[] {
  if (value === undefined) return [];
  switch (schema.kind) {
    case "optional":
      return validate(schema.inner, value, path);
    case "list":
      return (value as unknown[]).flatMap((item, index) =>
        validate(schema.element, item, join(path, `${index}`)),
      );
    case "map":
      return Object.entries(value as object).flatMap(([key, item]) =>
        validate(schema.element, item, join(path, key)),
      );
    case "struct":
      return validateStruct(schema, value as Record<string, unknown>, path);
    default:
      return [];
  }
}

/** The section itself, then its fields; what is embedded is a field too, as it is in the Collector's structs. */
function validateStruct(node: StructNode, config: Record<string, unknown>, path: string): string[] {
  return [...hookProblems(hookOf(node), config, path), ...fieldProblems(node, config, path)];
}

function fieldProblems(node: StructNode, config: Record<string, unknown>, path: string): string[] {
  const embedded = node.embedded ?? [];
  const theirs = new Set(embedded.flatMap((section) => Object.keys(section.fields)));
  const fields = Object.entries(node.fields).flatMap(([key, field]) =>
    theirs.has(key) ? [] : validate(field, config[fieldName(key, field)], join(path, key)),
  );
  const sections = embedded.flatMap((section) => {
    const inside = join(path, goField(section));
    const wasRun = hookOf(section) !== undefined && hookOf(section) === hookOf(node);
    return wasRun ? fieldProblems(section, config, inside) : validateStruct(section, config, inside);
  });
  return [...fields, ...sections];
}

/** The struct's own hook, or as with Go's methods that of the one section it embeds. */
function hookOf(node: StructNode): StructNode["validate"] {
  if (node.validate) return node.validate;
  const hooks = (node.embedded ?? []).flatMap((section) => hookOf(section) ?? []);
  return hooks.length === 1 ? hooks[0] : undefined;
}

function hookProblems(hook: StructNode["validate"], config: unknown, path: string): string[] {
  return [...(hook?.(config) ?? [])].map((problem) =>
    typeof problem === "string" ? located(path, problem) : located(join(path, problem.path), problem.message),
  );
}

/** The name Go gives an embedded field, as the Collector's paths show it: `configgrpc.ClientConfig` → `clientconfig`. */
function goField(node: StructNode): string {
  return node.name.slice(node.name.lastIndexOf(".") + 1).toLowerCase();
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}::${key}`;
}

function located(path: string, message: string): string {
  return path === "" ? message : `${path}: ${message}`;
}
