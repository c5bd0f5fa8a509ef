// From locations to a checked configuration, as `run` and `validate` both need it.
import type { Logger } from "../component/index.ts";
import { ConfigError } from "../confmap/decode.ts";
import { LocationError } from "../confmap/location.ts";
import { defaultProviders } from "../confmap/providers.ts";
import { resolve } from "../confmap/resolve.ts";
import { type AgentConfig, decodeConfig } from "../service/config.ts";
import { registry } from "../service/registry.ts";

/** Fetches and decodes a configuration. Throws a ConfigError with every error. */
export async function getConfig(locations: readonly string[], logger: Logger): Promise<AgentConfig> {
  try {
    return await decodeConfig(await resolve(locations, defaultProviders(), logger), registry, logger);
  } catch (cause) {
    if (!(cause instanceof ConfigError) || cause instanceof LocationError) throw cause;
    throw new ConfigError(`failed to get config: ${cause.message}`, { cause });
  }
}
