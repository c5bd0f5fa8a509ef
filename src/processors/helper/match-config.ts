// `include` and `exclude`: which items a processor acts on, as configured.
import { any, bool, int, list, optional, type Schema, string, struct } from "../../confmap/schema.ts";
import type { Signal } from "../../pdata/index.ts";

/** An attribute to compare with; any value will do where none is given. */
export interface AttributeMatch {
  readonly key: string;
  readonly value: unknown;
}

/** One of `include` and `exclude`. */
export interface MatchProperties {
  readonly matchType: string;
  readonly services: readonly string[];
  readonly spanNames: readonly string[];
  readonly spanKinds: readonly string[];
  readonly logBodies: readonly string[];
  readonly logSeverityTexts: readonly string[];
  readonly logSeverityNumber: SeverityMatch | undefined;
  readonly metricNames: readonly string[];
  readonly attributes: readonly AttributeMatch[];
  readonly resources: readonly AttributeMatch[];
  readonly libraries: readonly LibraryMatch[];
}

export interface SeverityMatch {
  readonly min: number;
  readonly matchUndefined: boolean;
}

/** Any version will do where it is not given at all. */
export interface LibraryMatch {
  readonly name: string;
  readonly version: unknown;
}

export interface MatchConfig {
  readonly include: MatchProperties | undefined;
  readonly exclude: MatchProperties | undefined;
}

const attributeMatch = struct("filterconfig.Attribute", { key: string(), value: any({ doubles: true }) });

const properties: Schema<MatchProperties> = struct("filterconfig.MatchProperties", {
  match_type: string(),
  // The Collector's cache of verdicts; ours needs none, and takes what existing configurations have.
  regexp: optional(struct("regexp.Config", { cacheenabled: bool(), cachemaxnumentries: int() })),
  services: list(string()),
  span_names: list(string()),
  span_kinds: list(string()),
  log_bodies: list(string()),
  log_severity_texts: list(string()),
  log_severity_number: optional(
    struct("filterconfig.LogSeverityNumberMatchProperties", { min: int(), match_undefined: bool() }),
  ),
  metric_names: list(string()),
  attributes: list(attributeMatch),
  resources: list(attributeMatch),
  libraries: list(struct("filterconfig.InstrumentationLibrary", { name: string(), version: any() })),
});

/** What `include` and `exclude` are. */
export const matchProperties: Schema<MatchProperties | undefined> = optional(properties);

const SPAN_KINDS: readonly string[] = [
  "SPAN_KIND_CLIENT",
  "SPAN_KIND_CONSUMER",
  "SPAN_KIND_INTERNAL",
  "SPAN_KIND_PRODUCER",
  "SPAN_KIND_SERVER",
];

/** Why `properties` cannot be used for a signal, in the Collector's words; undefined when they can. */
export function matchProblem(signal: Signal, properties: MatchProperties): string | undefined {
  return PROBLEMS[signal](properties);
}

const PROBLEMS: { readonly [S in Signal]: (properties: MatchProperties) => string | undefined } = {
  traces: spanProblem,
  logs: logProblem,
  metrics: metricProblem,
};

function spanProblem(p: MatchProperties): string | undefined {
  if (p.logBodies.length > 0) return "log_bodies should not be specified for trace spans";
  if (p.logSeverityTexts.length > 0) return "log_severity_texts should not be specified for trace spans";
  if (p.logSeverityNumber) return "log_severity_number should not be specified for trace spans";
  if (p.metricNames.length > 0) return "metric_names should not be specified for trace spans";
  if (isEmpty(p.services, p.spanNames, p.attributes, p.libraries, p.resources, p.spanKinds)) {
    return 'at least one of "attributes", "libraries",  or "resources" field must be specified';
  }
  if (p.matchType !== "strict" || p.spanKinds.every((kind) => SPAN_KINDS.includes(kind))) return undefined;
  return `span_kinds string must match one of the standard span kinds when match_type=strict: [${SPAN_KINDS.join(" ")}]`;
}

function logProblem(p: MatchProperties): string | undefined {
  if (!isEmpty(p.spanNames, p.services, p.spanKinds, p.metricNames)) {
    return "services, span_names, span_kinds and metric_names are not valid for log records";
  }
  if (!isEmpty(p.attributes, p.libraries, p.resources, p.logBodies, p.logSeverityTexts)) return undefined;
  if (p.logSeverityNumber) return undefined;
  return 'at least one of "attributes", "libraries", "span_kinds", "resources", "log_bodies", "log_severity_texts" or "log_severity_number" field must be specified';
}

function metricProblem(p: MatchProperties): string | undefined {
  const foreign = [
    p.logBodies,
    p.logSeverityTexts,
    p.spanNames,
    p.services,
    p.spanKinds,
    p.attributes,
    p.libraries,
  ];
  if (!isEmpty(...foreign) || p.logSeverityNumber) {
    return '"span_names", "span_kinds", "log_bodies", "log_severity_texts", "log_severity_number", "services", "attributes" and "libraries" are not valid for metrics';
  }
  if (!isEmpty(p.metricNames, p.resources)) return undefined;
  return 'at least one of "metric_names" or "resources" field must be specified';
}

function isEmpty(...lists: readonly (readonly unknown[])[]): boolean {
  return lists.every((list) => list.length === 0);
}
