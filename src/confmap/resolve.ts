// From the locations on the command line to one raw configuration: fetched, merged, substituted.
import type { Logger } from "../component/index.ts";
import { mergeAppend } from "../featuregate/index.ts";
import { ConfigError } from "./decode.ts";
import { expand } from "./expand.ts";
import { isMapping } from "./expanded.ts";
import { DELIMITER, type Location, LocationError, parseLocation, parseUri } from "./location.ts";
import { merge, type RawConfig } from "./merge.ts";
import type { Provider, Providers } from "./providers.ts";
import type { Retrieved } from "./retrieved.ts";

/**
 * Fetches every location and merges them in order: maps deeply, everything else is replaced. Then substitutes.
 * Throws a ConfigError in the Collector's words.
 */
export async function resolve(
  locations: readonly string[],
  providers: Providers,
  logger: Logger,
): Promise<RawConfig> {
  const found = locations.map((text) => supported(text, providers));
  try {
    let merged: RawConfig = {};
    for (const location of found)
      merged = merge(merged, await load(location, providers, logger), mergeAppend.enabled);
    return (await expand(merged, (uri) => fetch(uri, providers, logger))) as RawConfig;
  } catch (cause) {
    throw new ConfigError(`cannot resolve the configuration: ${(cause as Error).message}`, { cause });
  }
}

/** Reads a location. Throws when no provider has its scheme. */
function supported(text: string, providers: Providers): Location {
  const location = parseLocation(text);
  if (providerOf(location, providers)) return location;
  throw new LocationError(`unsupported scheme on URI ${JSON.stringify(text)}`);
}

async function load(location: Location, providers: Providers, logger: Logger): Promise<RawConfig> {
  try {
    return toMapping(await providerOf(location, providers)!(location.opaque, logger));
  } catch (cause) {
    if (cause instanceof UnusableError) throw cause;
    throw new Error(`cannot retrieve the configuration: ${(cause as Error).message}`, { cause });
  }
}

/** Something was there, but no mapping. */
class UnusableError extends Error {
  override readonly name = "UnusableError";
}

function toMapping({ value, hint }: Retrieved): RawConfig {
  if (value === null || value === undefined) return {};
  if (isMapping(value)) return nested(value);
  const type = Array.isArray(value) ? "[]interface {}" : typeof value === "number" ? "int" : typeof value;
  throw new UnusableError(
    `retrieved value (type=${type}) cannot be used as a Conf${hint ? `: ${hint}` : ""}`,
  );
}

/** Keys that hold several, `a::b`, become maps in maps. */
function nested(mapping: RawConfig): RawConfig {
  let config: RawConfig = {};
  for (const [key, child] of Object.entries(mapping)) {
    const value = isMapping(child) ? nested(child) : child;
    config = merge(config, nest(key.split(DELIMITER), value), false);
  }
  return config;
}

/** `["a", "b"], value` → `{a: {b: value}}`. */
function nest(keys: readonly string[], value: unknown): RawConfig {
  return keys.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value) as RawConfig;
}

/** What stands between `${` and `}`; without a scheme it names an environment variable. */
async function fetch(reference: string, providers: Providers, logger: Logger): Promise<Retrieved> {
  const uri = reference.includes(":") ? reference : `env:${reference}`;
  const location = parseUri(uri);
  const { scheme, opaque } = location;
  if (opaque.includes("$"))
    throw new Error(`the uri ${JSON.stringify(uri)} contains unsupported characters ('$')`);
  const provider = providerOf(location, providers);
  if (provider) return provider(opaque, logger);
  const hint = opaque.startsWith("-")
    ? ` (write \${env:${uri}} for an environment variable with a default)`
    : "";
  throw new Error(`scheme ${JSON.stringify(scheme)} is not supported for uri ${JSON.stringify(uri)}${hint}`);
}

function providerOf({ scheme }: Location, providers: Providers): Provider | undefined {
  return Object.hasOwn(providers, scheme) ? providers[scheme] : undefined;
}
