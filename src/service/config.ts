// The whole configuration, typed: every component's section decoded by its own schema, every error reported at once.

import { formatId, parseId } from "../component/id.ts";
import type { ComponentFactory, Logger } from "../component/index.ts";
import { ConfigError, decode, failed } from "../confmap/decode.ts";
import { isMapping, unexpand } from "../confmap/expanded.ts";
import { goKind, goType } from "../confmap/go-type.ts";
import type { RawConfig } from "../confmap/merge.ts";
import { nearest } from "../confmap/nearest.ts";
import type { Catalog } from "./catalog.ts";
import { type ServiceConfig, serviceConfig } from "./config-schema.ts";
import type { Registry } from "./registry.ts";

/** A component the user configured. */
export interface Configured<F> {
  /** As the user wrote it, older spelling included. */
  readonly id: string;
  readonly factory: F;
  readonly config: unknown;
}

/** The configured components of one kind, by id. */
export type ConfiguredById<F> = ReadonlyMap<string, Configured<F>>;
type FactoryOf<K extends keyof Registry> = Registry[K] extends Catalog<infer F> ? F : never;

/** A decoded configuration. */
export type AgentConfig = { readonly [K in keyof Registry]: ConfiguredById<FactoryOf<K>> } & {
  readonly service: ServiceConfig;
};

const SECTIONS = ["receivers", "processors", "exporters", "connectors", "extensions", "service"] as const;

/** Decodes a resolved configuration. Throws a ConfigError with every error; does not validate. */
export async function decodeConfig(raw: RawConfig, registry: Registry, logger: Logger): Promise<AgentConfig> {
  const errors: string[] = [];
  const section = <F extends ComponentFactory<unknown>>(name: string, catalog: Catalog<F>) =>
    decodeSection(
      name,
      unexpand(raw[name]),
      (key, value) => decodeComponent(key, value, catalog, logger),
      errors,
    );
  const components = {
    receivers: await section("receivers", registry.receivers),
    processors: await section("processors", registry.processors),
    exporters: await section("exporters", registry.exporters),
    connectors: await section("connectors", registry.connectors),
    extensions: await section("extensions", registry.extensions),
  };
  const service = decodeService(raw.service, errors);
  errors.push(...unknownSections(raw));
  if (errors.length > 0) throw new ConfigError(`cannot unmarshal the configuration: ${failed(errors)}`);
  return { ...components, service };
}

async function decodeSection<F>(
  name: string,
  raw: unknown,
  decodeOne: (key: string, section: unknown) => Promise<Configured<F>>,
  errors: string[],
): Promise<ConfiguredById<F>> {
  const components = new Map<string, Configured<F>>();
  for (const [key, section] of sectionEntries(name, raw, errors)) {
    try {
      const component = await decodeOne(key, section);
      if (components.has(component.id)) throw new ConfigError(duplicateId(component.id, key));
      components.set(component.id, component);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      errors.push(`'${name}' ${error.message}`);
    }
  }
  return components;
}

function sectionEntries(name: string, raw: unknown, errors: string[]): readonly [string, unknown][] {
  if (isMapping(raw)) return Object.entries(raw);
  if (raw !== undefined && raw !== null) {
    errors.push(`'${name}' expected a map or struct, got ${JSON.stringify(goKind(raw))}`);
  }
  return [];
}

function duplicateId(id: string, key: string): string {
  return `'' duplicate name ${JSON.stringify(key)} after unmarshaling ${id}`;
}

async function decodeComponent<F extends ComponentFactory<unknown>>(
  key: string,
  section: unknown,
  catalog: Catalog<F>,
  logger: Logger,
): Promise<Configured<F>> {
  const parsed = parseComponentId(key);
  const id = formatId(parsed);
  const match = catalog.find(parsed.type);
  if (!match) throw new ConfigError(unknownType(parsed.type, id, catalog.names));
  const { type } = match.entry;
  if (match.deprecated) {
    logger.warn(
      { id },
      `${JSON.stringify(parsed.type)} alias is deprecated; use ${JSON.stringify(type)} instead`,
    );
  }
  const given = unexpand(section);
  if (given !== undefined && given !== null && !isMapping(given))
    throw new ConfigError(failed([noMapping(key, given)]));
  const factory = await match.entry.load();
  const { value: config, errors } = decode(factory.config, section);
  if (errors.length > 0)
    throw new ConfigError(`error reading configuration for ${JSON.stringify(id)}: ${failed(errors)}`);
  return { id, factory, config };
}

function noMapping(key: string, given: unknown): string {
  return `'[${key}]' expected type 'map[string]interface {}', got unconvertible type '${goType(given)}'`;
}

function parseComponentId(key: string): ReturnType<typeof parseId> {
  try {
    return parseId(key);
  } catch (cause) {
    throw new ConfigError(`'' ${(cause as Error).message}`, { cause });
  }
}

function unknownType(type: string, id: string, names: readonly string[]): string {
  if (type === "logging") return "the logging exporter has been deprecated, use the debug exporter instead";
  const hint = nearest(type, names);
  const suggestion = hint === undefined ? "" : ` (did you mean "${hint}"?)`;
  return `unknown type: ${JSON.stringify(type)} for id: ${JSON.stringify(id)} (valid values: [${names.join(" ")}])${suggestion}`;
}

function decodeService(raw: unknown, errors: string[]): ServiceConfig {
  const { value, errors: found } = decode(serviceConfig, raw);
  const located = found.map((error) =>
    error.startsWith("''")
      ? `'service${error.slice(1)}`
      : error.replace(/^'(?:service\.Config(?='))?/, (start) => (start === "'" ? "'service." : "'service")),
  );
  errors.push(...located);
  return value;
}

function unknownSections(raw: RawConfig): readonly string[] {
  const unknown = Object.keys(raw).filter((key) => !(SECTIONS as readonly string[]).includes(key));
  if (unknown.length === 0) return [];
  const shown = unknown.toSorted().map((key) => {
    const hint = nearest(key, SECTIONS);
    return hint === undefined ? key : `${key} (did you mean "${hint}"?)`;
  });
  return [`'otelcol.configSettings' has invalid keys: ${shown.join(", ")}`];
}
