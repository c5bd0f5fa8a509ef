// The `actions` of the attributes and resource processors, as configured; what each needs is checked here.
import { any, list, type Schema, string, struct } from "../../confmap/schema.ts";
import { goRegExp } from "./go-regexp.ts";

/** One action, as the user wrote it. */
export interface ActionConfig {
  readonly key: string;
  /** In any case. */
  readonly action: string;
  readonly value: unknown;
  readonly defaultValue: unknown;
  readonly pattern: string;
  readonly fromAttribute: string;
  readonly fromContext: string;
  readonly convertedType: string;
}

export const actions: Schema<readonly ActionConfig[]> = list(
  struct("attraction.ActionKeyValue", {
    key: string(),
    action: string(),
    value: any({ doubles: true }),
    default_value: any({ doubles: true }),
    pattern: string(),
    from_attribute: string(),
    from_context: string(),
    converted_type: string(),
  }),
);

/** What is wrong with a list of actions, in the Collector's words. */
export function* actionProblems(configs: readonly ActionConfig[]): Iterable<string> {
  for (const [index, config] of configs.entries()) {
    const problem = missingKey(config, index) ?? problemOf(config);
    if (problem?.startsWith("error creating AttrProc due to missing required field (")) yield problem;
    else if (problem)
      yield config.key
        ? `error with key ${JSON.stringify(config.key)} (${index}-th action): ${problem}`
        : problem;
  }
}

/** Those that may name their keys by a pattern. */
const BY_PATTERN: readonly string[] = ["delete", "hash"];

function missingKey({ key, action, pattern }: ActionConfig, index: number): string | undefined {
  if (key) return undefined;
  if (!BY_PATTERN.includes(action.toLowerCase())) {
    return `error creating AttrProc due to missing required field "key" at the ${index}-th action`;
  }
  if (pattern) return undefined;
  return `error creating AttrProc due to missing required field (at least one of "key" and "pattern" have to be used) at the ${index}-th action`;
}

function problemOf(config: ActionConfig): string | undefined {
  switch (config.action.toLowerCase()) {
    case "insert":
    case "update":
    case "upsert":
      return valueProblem(config);
    case "hash":
    case "delete":
      return keyOnlyProblem(config);
    case "extract":
      return extractProblem(config);
    case "convert":
      return convertProblem(config);
    default:
      return `error creating AttrProc due to unsupported action ${JSON.stringify(config.action.toLowerCase())}`;
  }
}

function valueSources({ value, fromAttribute, fromContext }: ActionConfig): number {
  return [value !== undefined && value !== null, fromAttribute !== "", fromContext !== ""].filter(Boolean)
    .length;
}

function valueProblem(config: ActionConfig): string | undefined {
  const sources = valueSources(config);
  if (sources === 0 && (config.defaultValue ?? undefined) === undefined) {
    return 'error creating AttrProc. Either field "value", "from_attribute", "from_context", or "default_value" must be specified';
  }
  if (sources > 1) return "error creating AttrProc due to multiple value sources being set";
  if (config.pattern) return unused(config, 'the "pattern" field. This');
  return config.convertedType ? unused(config, 'the "converted_type" field. This') : undefined;
}

function keyOnlyProblem(config: ActionConfig): string | undefined {
  if (valueSources({ ...config, fromContext: "" }) > 0) {
    return unused(config, '"value" or "from_attribute" field. These');
  }
  if (config.pattern && !compiles(config.pattern)) return invalidPattern(config);
  return config.convertedType ? unused(config, 'the "converted_type" field. This') : undefined;
}

function extractProblem(config: ActionConfig): string | undefined {
  const { action, pattern, convertedType } = config;
  if (valueSources(config) > 0) return unused(config, "a value source field. These");
  if (!pattern)
    return `error creating AttrProc due to missing required field "pattern" for action "${action.toLowerCase()}"`;
  if (convertedType) return unused(config, 'the "converted_type" field. This');
  if (!compiles(pattern)) return invalidPattern(config);
  const { groupNames } = goRegExp(pattern);
  if (groupNames.length === 0)
    return 'error creating AttrProc. Field "pattern" contains no named matcher groups';
  return groupNames.includes("")
    ? 'error creating AttrProc. Field "pattern" contains at least one unnamed matcher group'
    : undefined;
}

const CONVERTED_TYPES: readonly string[] = ["string", "int", "double"];

function convertProblem(config: ActionConfig): string | undefined {
  const action = config.action.toLowerCase();
  if (valueSources(config) > 0 || config.pattern)
    return unused(config, 'value sources or "pattern" field. These');
  if (config.convertedType === "") {
    return `error creating AttrProc due to missing required field "converted_type" for action "${action}"`;
  }
  if (CONVERTED_TYPES.includes(config.convertedType)) return undefined;
  return `error creating AttrProc due to invalid value "${config.convertedType}" in field "converted_type" for action "${action}"`;
}

function unused({ action }: ActionConfig, what: string): string {
  return `error creating AttrProc. Action "${action.toLowerCase()}" does not use ${what} must not be specified`;
}

function invalidPattern({ pattern }: ActionConfig): string {
  return `error creating AttrProc. Field "pattern" has invalid pattern: "${pattern}"`;
}

function compiles(pattern: string): boolean {
  try {
    goRegExp(pattern);
    return true;
  } catch {
    return false;
  }
}
