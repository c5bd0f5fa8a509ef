// The Collector's resource_to_telemetry_conversion: which attributes of a resource become labels of its series.
import { bool, list, type Problem, type Schema, string, struct } from "../../confmap/schema.ts";

/** The user's `resource_to_telemetry_conversion` block: everything, or patterns. */
export interface ResourceConversionConfig {
  readonly enabled: boolean;
  /** Leaves out what `job` and `instance` are made of. */
  readonly excludeServiceAttributes: boolean;
  /** Patterns with `*` and `?`; all attributes where there are only excluded ones. */
  readonly included: readonly string[];
  /** Wins over `included`. */
  readonly excluded: readonly string[];
}

export const resourceConversion: Schema<ResourceConversionConfig> = struct(
  "resourcetotelemetry.Settings",
  {
    enabled: bool(),
    exclude_service_attributes: bool(),
    included: list(string()),
    excluded: list(string()),
  },
  problems,
);

function* problems(config: ResourceConversionConfig): Iterable<Problem> {
  if ((config.enabled || config.excludeServiceAttributes) && hasPatterns(config)) {
    yield "cannot configure both legacy enabled/exclude_service_attributes and included/excluded patterns; enabled and exclude_service_attributes are deprecated";
  }
}

function hasPatterns({ included, excluded }: ResourceConversionConfig): boolean {
  return included.length > 0 || excluded.length > 0;
}

const SERVICE_ATTRIBUTES: readonly string[] = ["service.name", "service.namespace", "service.instance.id"];

/** Tells whether an attribute becomes a label. Undefined where none does. */
export function convertedAttributes(
  config: ResourceConversionConfig,
): ((key: string) => boolean) | undefined {
  if (!config.enabled && !hasPatterns(config)) return undefined;
  const included = config.included.map(globToRegExp);
  const excluded = config.excludeServiceAttributes ? SERVICE_ATTRIBUTES : config.excluded;
  const refused = excluded.map(globToRegExp);
  return (key) =>
    (included.length === 0 || included.some((glob) => glob.test(key))) &&
    !refused.some((glob) => glob.test(key));
}

function globToRegExp(pattern: string): RegExp {
  const parts = pattern.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${parts.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
}
