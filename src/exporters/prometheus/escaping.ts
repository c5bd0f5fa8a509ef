// Names that the text formats only know since Prometheus 3, for scrapers that do not ask for them.

export type Escaping = "allow-utf-8" | "underscores" | "dots" | "values";

const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function isEscaping(text: string): text is Escaping {
  return ["allow-utf-8", "underscores", "dots", "values"].includes(text);
}

export function isLegacyMetricName(name: string): boolean {
  return LEGACY_METRIC.test(name);
}

export function isLegacyLabelName(name: string): boolean {
  return LEGACY_LABEL.test(name);
}

/** The name as the scraper wants it; all but `allow-utf-8` give names that every Prometheus knows. */
export function escapeName(name: string, escaping: Escaping): string {
  if (escaping === "allow-utf-8" || isLegacyMetricName(name)) return name;
  if (escaping === "underscores") return mapName(name, () => "_");
  const doubled = name.replaceAll("_", "__");
  if (escaping === "dots") return mapName(doubled, (c) => (c === "." ? "_dot_" : "__"));
  return `U__${mapName(doubled, (c) => `_${c.codePointAt(0)!.toString(16)}_`)}`;
}

function mapName(name: string, invalid: (c: string) => string): string {
  return Array.from(name, (c, index) => (isNameCharacter(c, index) ? c : invalid(c))).join("");
}

function isNameCharacter(c: string, index: number): boolean {
  return /[a-zA-Z_:]/.test(c) || (index > 0 && /[0-9]/.test(c));
}
