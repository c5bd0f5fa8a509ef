// Names of metrics and labels, after Prometheus' translation of OTLP (otlptranslator 1.0).
import { unitWords } from "./units.ts";

/** A name of which Prometheus leaves nothing. */
export class NameError extends Error {}

/** What decides about a name's suffixes. */
export interface NamedMetric {
  readonly name: string;
  readonly unit: string;
  readonly type: string;
}

export interface TranslationStrategy {
  /** Units, `_total` and `_ratio`. */
  readonly suffixes: boolean;
  /** Whether names may have any character. */
  readonly utf8: boolean;
}

export const TRANSLATION_STRATEGIES: Readonly<Record<string, TranslationStrategy>> = {
  UnderscoreEscapingWithSuffixes: { suffixes: true, utf8: false },
  UnderscoreEscapingWithoutSuffixes: { suffixes: false, utf8: false },
  NoUTF8EscapingWithSuffixes: { suffixes: true, utf8: true },
  NoTranslation: { suffixes: false, utf8: true },
};

/** A metric's name in Prometheus; throws a NameError when nothing is left of it. */
export function metricName(metric: NamedMetric, namespace: string, strategy: TranslationStrategy): string {
  if (strategy.utf8) return utf8Name(metric, namespace, strategy.suffixes);
  const name = strategy.suffixes ? normalizedName(metric, namespace) : escapedName(metric.name, namespace);
  const shown = JSON.stringify(metric.name);
  if (name === "") throw new NameError(`normalization for metric ${shown} resulted in empty name`);
  if (name !== metric.name && /^_+$/.test(name)) {
    throw new NameError(`normalization for metric ${shown} resulted in invalid name ${JSON.stringify(name)}`);
  }
  return name;
}

/** A label's name in Prometheus; throws a NameError when nothing is left of it. */
export function labelName(label: string, { utf8 }: TranslationStrategy): string {
  if (label === "") throw new NameError("label name is empty");
  const name = utf8 ? label : escapedLabel(label);
  if (!/^_+$/.test(name)) return name;
  throw new NameError(
    utf8
      ? `label name ${JSON.stringify(label)} contains only underscores`
      : `normalization for label name ${JSON.stringify(label)} resulted in invalid name ${JSON.stringify(name)}`,
  );
}

function escapedLabel(label: string): string {
  const reserved = /^__(.*)__$/su.exec(label);
  const name = (reserved?.[1] ?? label).replace(/[^a-zA-Z0-9]+/gu, "_");
  if (reserved) return `__${name}__`;
  return /^[0-9]/.test(name) ? `key_${name}` : name;
}

/** Tokens of letters, digits and colons, with those of unit and type behind them. */
function normalizedName({ name, unit, type }: NamedMetric, namespace: string): string {
  let tokens = name.split(/[^a-zA-Z0-9:]+/u).filter((token) => token !== "");
  const { main, per } = unitWords(unit);
  for (const word of unitTokens(tokens, unitToken(main), unitToken(per))) tokens.push(word);
  if (type === "counter") tokens = [...tokens.filter((token) => token !== "total"), "total"];
  if (type === "gauge" && unit === "1") tokens = [...tokens.filter((token) => token !== "ratio"), "ratio"];
  if (namespace !== "") tokens.unshift(namespace);
  return withoutLeadingDigit(tokens.join("_"));
}

/** Those of a unit's words that the name does not have yet. */
function unitTokens(tokens: readonly string[], main: string, per: string): string[] {
  const perWord = per === "per_" ? "" : per.replace(/_$/, "");
  const added = perWord !== "" && !tokens.includes(perWord) ? [perWord] : [];
  if (main === "" || tokens.includes(main)) return added;
  return [added.length > 0 ? main.replace(/_$/, "") : main, ...added];
}

function unitToken(word: string): string {
  return word.replace(/[^a-zA-Z0-9:]+/gu, "_").replace(/^_/, "");
}

function escapedName(name: string, namespace: string): string {
  const escaped = joinedTokens(name);
  return namespace === "" ? withoutLeadingDigit(escaped) : `${joinedTokens(namespace)}_${escaped}`;
}

function joinedTokens(name: string): string {
  return name
    .split(/[^a-zA-Z0-9:_]+/u)
    .filter((token) => token !== "")
    .join("_");
}

function withoutLeadingDigit(name: string): string {
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/** The name as it is, with suffixes where they are not there yet: unit, then `_per_` unit, then `_total`, then `_ratio`. */
function utf8Name({ name, unit, type }: NamedMetric, namespace: string, suffixes: boolean): string {
  const whole = namespace === "" ? name : `${namespace}_${name}`;
  if (!suffixes) return whole;
  const { main, per } = unitWords(unit);
  const ratio = type === "gauge" && unit === "1" ? "ratio" : "";
  const outer = [per, type === "counter" ? "total" : "", ratio].filter((suffix) => suffix !== "");
  const base = outer.reduceRight(withoutSuffix, whole);
  const inner = main !== "" && !base.endsWith(main) ? [base, main] : [base];
  return [...inner, ...outer].join("_");
}

function withoutSuffix(name: string, suffix: string): string {
  if (!name.endsWith(suffix) || name.length <= suffix.length + 1) return name;
  return name.slice(0, -(suffix.length + 1));
}
