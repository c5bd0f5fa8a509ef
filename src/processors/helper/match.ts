// Hot: whether `include` and `exclude` let a processor act on an item.
import { ConfigError } from "../../confmap/decode.ts";
import { Double } from "../../confmap/expanded.ts";
import {
  type AnyValue,
  type AttributesEditor,
  attributeKey,
  type MessageEditor,
  type Signal,
  valueText,
  type Within,
} from "../../pdata/index.ts";
import { toAnyValue } from "./any-value.ts";
import {
  type AttributeMatch,
  type LibraryMatch,
  type MatchConfig,
  type MatchProperties,
  matchProblem,
  type SeverityMatch,
} from "./match-config.ts";
import { type MatchType, type StringFilter, stringFilter } from "./string-filter.ts";

/** For metrics the message is the metric, else the span or log record. */
export type Match = (message: MessageEditor, within: Within) => boolean;

/** OTLP's field numbers. */
const SPAN = { name: 5, kind: 6 } as const;
const LOG = { severityNumber: 2, severityText: 3, body: 5 } as const;
const METRIC = { name: 1 } as const;
const SCOPE = { name: 1, version: 2 } as const;

const SERVICE_NAME = attributeKey("service.name");

/** Compiles both blocks; undefined where there is neither. Throws a ConfigError in the Collector's words. */
export function compileMatch(signal: Signal, { include, exclude }: MatchConfig): Match | undefined {
  const included = include && compileProperties(signal, include);
  const excluded = exclude && compileProperties(signal, exclude);
  if (!included && !excluded) return undefined;
  return (message, within) => (included?.(message, within) ?? true) && !excluded?.(message, within);
}

function compileProperties(signal: Signal, properties: MatchProperties): Match {
  const problem = matchProblem(signal, properties);
  if (problem) throw new ConfigError(problem);
  const matchType = matchTypeOf(properties);
  try {
    const conditions = [...conditionsOf(matchType, properties)];
    return (message, within) => conditions.every((condition) => condition(message, within));
  } catch (cause) {
    throw new ConfigError((cause as Error).message, { cause });
  }
}

function matchTypeOf({ matchType }: MatchProperties): MatchType {
  if (matchType === "strict" || matchType === "regexp") return matchType;
  throw new ConfigError(`unrecognized match_type: '${matchType}', valid types are: [regexp strict]`);
}

/** A condition for each property that was given; all must hold. */
function* conditionsOf(matchType: MatchType, p: MatchProperties): Iterable<Match> {
  const filter = (texts: readonly string[]) => stringFilter(matchType, texts);
  if (p.services.length > 0) yield onText(filter(p.services), (_, { resource }) => serviceName(resource));
  if (p.spanNames.length > 0) yield onText(filter(p.spanNames), (span) => span.text(SPAN.name));
  if (p.spanKinds.length > 0) yield onText(filter(p.spanKinds), (span) => kindName(span.uint32(SPAN.kind)));
  if (p.logBodies.length > 0) yield onText(filter(p.logBodies), (log) => valueText(log.value(LOG.body)));
  if (p.logSeverityTexts.length > 0)
    yield onText(filter(p.logSeverityTexts), (log) => log.text(LOG.severityText));
  if (p.logSeverityNumber) yield onSeverity(p.logSeverityNumber);
  if (p.metricNames.length > 0) yield onText(filter(p.metricNames), (metric) => metric.text(METRIC.name));
  for (const library of p.libraries) yield onLibrary(matchType, library);
  for (const match of p.resources)
    yield onAttribute(matchType, match, (_, { resource }) => resource.attributes);
  for (const match of p.attributes) yield onAttribute(matchType, match, (message) => message.attributes);
}

function onText(filter: StringFilter, text: (message: MessageEditor, within: Within) => string): Match {
  return (message, within) => filter(text(message, within));
}

function serviceName({ attributes }: MessageEditor): string {
  return attributes.has(SERVICE_NAME) ? valueText(attributes.get(SERVICE_NAME)) : "<nil-service-name>";
}

const KIND_NAMES = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];

function kindName(kind: number): string {
  const name = KIND_NAMES[kind];
  return name === undefined ? "" : `SPAN_KIND_${name}`;
}

function onSeverity({ min, matchUndefined }: SeverityMatch): Match {
  return (log) => {
    const severity = log.uint32(LOG.severityNumber);
    return severity === 0 ? matchUndefined : severity >= min;
  };
}

function onLibrary(matchType: MatchType, { name, version }: LibraryMatch): Match {
  const names = stringFilter(matchType, [name]);
  const versions =
    (version ?? undefined) === undefined ? undefined : stringFilter(matchType, [String(version)]);
  return (_, { scope }) => names(scope.text(SCOPE.name)) && (versions?.(scope.text(SCOPE.version)) ?? true);
}

function onAttribute(
  matchType: MatchType,
  { key: text, value }: AttributeMatch,
  attributesOf: (message: MessageEditor, within: Within) => AttributesEditor,
): Match {
  if (text === "") throw new Error("can't have empty key in the list of attributes");
  const key = attributeKey(text);
  const matches = valueMatch(matchType, text, value);
  return (message, within) => {
    const attributes = attributesOf(message, within);
    return attributes.has(key) && matches(attributes.get(key));
  };
}

function valueMatch(matchType: MatchType, key: string, raw: unknown): (value: AnyValue) => boolean {
  if ((raw ?? undefined) === undefined) return () => true;
  if (matchType === "strict") {
    const wanted = toAnyValue(raw);
    const text = typeof wanted === "object" ? valueText(wanted) : undefined;
    return (value) =>
      text === undefined ? value === wanted : typeof value === "object" && valueText(value) === text;
  }
  if (typeof raw !== "string") {
    throw new Error(
      `match_type=regexp for ${JSON.stringify(key)} only supports Str, but found ${kindOf(raw)}`,
    );
  }
  const filter = stringFilter(matchType, [raw]);
  return (value) => typeof value !== "object" && value !== undefined && filter(valueText(value));
}

function kindOf(raw: unknown): string {
  if (typeof raw === "boolean") return "Bool";
  if (raw instanceof Double) return "Double";
  if (typeof raw === "number") return Number.isSafeInteger(raw) ? "Int" : "Double";
  return Array.isArray(raw) ? "Slice" : "Map";
}
