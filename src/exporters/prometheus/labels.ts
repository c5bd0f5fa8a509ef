// The labels of series and of target_info.
import type { AnyValue, Attributes } from "../../pdata/decode/common.ts";
import { attribute } from "../../pdata/decode/common.ts";
import { valueText } from "../../pdata/value-text.ts";
import type { PrometheusConfig } from "./config.ts";
import { type Escaping, escapeName, isLegacyLabelName } from "./escaping.ts";
import { labelName, NameError, type TranslationStrategy } from "./naming.ts";
import { convertedAttributes } from "./resource-conversion.ts";

/** Names and values, in turn. */
export type Labels = readonly string[];

/** A name and its value each. */
export type LabelPairs = readonly (readonly [string, string])[];

/** What stands between names and values in the key of a series; no label has it. */
const SEPARATOR = "\0";
const SERVICE_ATTRIBUTES: ReadonlySet<string> = new Set([
  "service.name",
  "service.namespace",
  "service.instance.id",
]);
/** Beyond, names are translated anew each time: who sends ever new names shall not make the agent grow. */
const MAX_CACHED_NAMES = 10_000;

/** What a resource gives its series: `job` and `instance`, and its attributes where they become labels. */
export interface ResourceLabels {
  readonly labels: LabelPairs;
  /** Attributes that every data point gets, and that win over its own. */
  readonly attributes: Attributes;
  readonly target: Target | undefined;
}

/** What becomes labels of a scope. */
interface ScopeNames {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: Attributes;
}

/** A resource that is known by its job and instance. */
export interface Target {
  readonly key: string;
  readonly labels: string;
}

/** Makes labels as one configuration wants them. */
export class Labeler {
  readonly #config: PrometheusConfig;
  readonly #strategy: TranslationStrategy;
  readonly #constant: LabelPairs;
  readonly #isConverted: ((key: string) => boolean) | undefined;
  readonly #names = new Map<string, string>();

  constructor(config: PrometheusConfig, strategy: TranslationStrategy) {
    this.#config = config;
    this.#strategy = strategy;
    this.#constant = Object.entries(config.constLabels);
    this.#isConverted = convertedAttributes(config.resourceToTelemetryConversion);
  }

  ofResource(attributes: Attributes): ResourceLabels {
    const job = jobOf(attributes);
    const instance = textOf(
      attribute(attributes, "service.instance.id"),
      hasKey(attributes, "service.instance.id"),
    );
    const labels = [...named("job", job), ...named("instance", instance)];
    const target = job && instance ? this.#target(attributes, job, instance) : undefined;
    return { labels, attributes: this.#convertedAttributes(attributes), target };
  }

  /** The labels that all series of a scope have. */
  ofScope({ name, version, schemaUrl, attributes }: ScopeNames, resource: ResourceLabels): LabelPairs {
    const common = [...this.#constant, ...resource.labels];
    if (this.#config.withoutScopeInfo) return common;
    for (const { key, value } of attributes) {
      if (["name", "version", "schema_url"].includes(key)) continue;
      common.push(...this.#possible(`otel_scope_${key}`, value));
    }
    common.push(["otel_scope_name", name], ["otel_scope_version", version]);
    common.push(["otel_scope_schema_url", schemaUrl]);
    return common;
  }

  /**
   * The key of a series: its labels, sorted by name; the values of attributes that get the same name are joined.
   * Undefined when an attribute has a name of which nothing is left.
   */
  seriesKey(common: LabelPairs, attributes: Attributes, resource: ResourceLabels): string | undefined {
    const labels = [...common];
    try {
      for (const { key, value } of attributes) {
        if (resource.attributes.length > 0 && hasKey(resource.attributes, key)) continue;
        labels.push([this.#name(key), valueText(value)]);
      }
      for (const { key, value } of resource.attributes) labels.push([this.#name(key), valueText(value)]);
    } catch (error) {
      if (error instanceof NameError) return undefined;
      throw error;
    }
    return joined(labels);
  }

  #target(attributes: Attributes, job: string, instance: string): Target {
    const labels: [string, string][] = [
      ["job", job],
      ["instance", instance],
    ];
    for (const { key, value } of attributes) {
      if (!SERVICE_ATTRIBUTES.has(key)) labels.push(...this.#possible(key, value));
    }
    return { key: `${job}${SEPARATOR}${instance}`, labels: joined(labels) };
  }

  #convertedAttributes(attributes: Attributes): Attributes {
    const isConverted = this.#isConverted;
    return isConverted ? attributes.filter(({ key }) => isConverted(key)) : [];
  }

  /** The label of an attribute, unless its name is one that Prometheus cannot have. */
  #possible(key: string, value: AnyValue): [string, string][] {
    try {
      return [[this.#name(key), valueText(value)]];
    } catch (error) {
      if (error instanceof NameError) return [];
      throw error;
    }
  }

  #name(attributeKey: string): string {
    const known = this.#names.get(attributeKey);
    if (known !== undefined) return known;
    const name = labelName(attributeKey, this.#strategy);
    if (this.#names.size < MAX_CACHED_NAMES) this.#names.set(attributeKey, name);
    return name;
  }
}

/** The labels of a key that seriesKey made, named as a scraper wants them. */
export function labelsOf(key: string, escaping: Escaping): Labels {
  if (key === "") return [];
  const labels = key.split(SEPARATOR);
  if (escaping === "allow-utf-8" || !hasForeignName(labels)) return labels;
  const pairs: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i]!;
    pairs.push([isLegacyLabelName(name) ? name : escapeName(name, escaping), labels[i + 1]!]);
  }
  return joined(pairs).split(SEPARATOR);
}

function hasForeignName(labels: Labels): boolean {
  for (let i = 0; i < labels.length; i += 2) if (!isLegacyLabelName(labels[i]!)) return true;
  return false;
}

function joined(labels: (readonly [string, string])[]): string {
  labels.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); // Stable, so that values of one name keep their order.
  const parts: string[] = [];
  let last: string | undefined;
  for (const [name, value] of labels) {
    const text = value.includes(SEPARATOR) ? value.replaceAll(SEPARATOR, "\ufffd") : value;
    if (name === last) parts[parts.length - 1] += `;${text}`;
    else parts.push(name, text);
    last = name;
  }
  return parts.join(SEPARATOR);
}

/** `service.namespace/service.name` */
function jobOf(attributes: Attributes): string | undefined {
  const name = textOf(attribute(attributes, "service.name"), hasKey(attributes, "service.name"));
  if (name === undefined || !hasKey(attributes, "service.namespace")) return name;
  return `${valueText(attribute(attributes, "service.namespace"))}/${name}`;
}

function textOf(value: AnyValue, present: boolean): string | undefined {
  return present ? valueText(value) : undefined;
}

function hasKey(attributes: Attributes, key: string): boolean {
  return attributes.some((each) => each.key === key);
}

function named(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}
