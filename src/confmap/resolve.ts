// From the locations on the command line to one raw configuration: fetched, merged, substituted.
import type { Logger } from "../component/index.ts";
import { ConfigError } from "./decode.ts";
import { expand } from "./expand.ts";
import { isMapping } from "./expanded.ts";
import type { Provider, Providers, Retrieved } from "./providers.ts";

export type RawConfig = Readonly<Record<string, unknown>>;

/** Separates keys within a key: `exporters::debug::verbosity: detailed`. */
const DELIMITER = "::";

/**
 * Fetches every location and merges them in order: maps deeply, everything else is replaced. Then substitutes.
 * Throws a ConfigError in the Collector's words.
 */
export async function resolve(
  locations: readonly string[],
  providers: Providers,
  logger: Logger,
): Promise<RawConfig> {
  try {
    let merged: RawConfig = {};
    for (const location of locations) merged = merge(merged, await load(location, providers, logger));
    return (await expand(merged, (uri) => fetch(uri, providers, logger))) as RawConfig;
  } catch (cause) {
    throw new ConfigError(`cannot resolve the configuration: ${(cause as Error).message}`, { cause });
  }
}

/** A `--set` argument, `a.b=c`, as a location. Throws when there is no equal sign. */
export function locationOfSetting(setting: string): string {
  const equal = setting.indexOf("=");
  if (equal < 0) throw new ConfigError("missing equal sign");
  const key = setting.slice(0, equal).trim().replaceAll(".", DELIMITER);
  return `yaml:${key}: ${setting.slice(equal + 1).trim()}`;
}

async function load(location: string, providers: Providers, logger: Logger): Promise<RawConfig> {
  const isPath = /^[A-Za-z]:/.test(location) || !location.includes(":");
  const [scheme, opaque] = split(isPath ? `file:${location}` : location);
  const provider = providerOf(scheme, providers);
  if (!provider) throw new Error(`unsupported scheme on URI ${JSON.stringify(location)}`);
  let retrieved: Retrieved;
  try {
    retrieved = await provider(opaque, logger);
  } catch (cause) {
    throw new Error(`cannot retrieve the configuration: ${(cause as Error).message}`, { cause });
  }
  return toMapping(retrieved);
}

function toMapping({ value, hint }: Retrieved): RawConfig {
  if (value === null || value === undefined) return {};
  if (!isMapping(value)) {
    const type = Array.isArray(value) ? "[]interface {}" : typeof value === "number" ? "int" : typeof value;
    throw new Error(`retrieved value (type=${type}) cannot be used as a Conf${hint ? `: ${hint}` : ""}`);
  }
  let config: RawConfig = {};
  for (const [key, child] of Object.entries(value)) config = merge(config, nest(key.split(DELIMITER), child));
  return config;
}

/** `["a", "b"], value` → `{a: {b: value}}`. */
function nest(keys: readonly string[], value: unknown): RawConfig {
  return keys.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value) as RawConfig;
}

function merge(base: RawConfig, over: RawConfig): RawConfig {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const old = merged.get(key);
    merged.set(key, isMapping(old) && isMapping(value) ? merge(old, value) : value);
  }
  return Object.fromEntries(merged);
}

async function fetch(reference: string, providers: Providers, logger: Logger): Promise<Retrieved> {
  const uri = reference.includes(":") ? reference : `env:${reference}`;
  const [scheme, opaque] = split(uri);
  if (opaque.includes("$"))
    throw new Error(`the uri ${JSON.stringify(uri)} contains unsupported characters ('$')`);
  const provider = providerOf(scheme, providers);
  if (provider) return provider(opaque, logger);
  const hint = opaque.startsWith("-")
    ? ` (write \${env:${uri}} for an environment variable with a default)`
    : "";
  throw new Error(`scheme ${JSON.stringify(scheme)} is not supported for uri ${JSON.stringify(uri)}${hint}`);
}

function providerOf(scheme: string, providers: Providers): Provider | undefined {
  return Object.hasOwn(providers, scheme) ? providers[scheme] : undefined;
}

function split(uri: string): [scheme: string, opaque: string] {
  const colon = uri.indexOf(":");
  return [uri.slice(0, colon), uri.slice(colon + 1)];
}
