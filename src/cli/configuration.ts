// From a source to a checked configuration, as every command that has one needs it.
import type { Logger } from "../component/index.ts";
import { ConfigError } from "../confmap/decode.ts";
import { LocationError } from "../confmap/location.ts";
import { defaultProviders, type Providers } from "../confmap/providers.ts";
import { resolve } from "../confmap/resolve.ts";
import { type AgentConfig, decodeConfig } from "../service/config.ts";
import { skipUnsupportedParts } from "../service/skip-parts.ts";
import { skipUnsupported } from "../service/skip-unsupported.ts";
import { validateConfig } from "../service/validate.ts";
import type { ConfigSource } from "./config-flags.ts";

/** Fetches and decodes a configuration. Throws a ConfigError with every error. `files` gets what was read of the disk. */
export async function getConfig(
  source: ConfigSource,
  logger: Logger,
  files: Set<string> = new Set(),
): Promise<AgentConfig> {
  const { locations, registry } = source;
  try {
    const raw = await resolve(locations, notingFiles(files), logger);
    const supported = source.skipUnsupported
      ? await skipUnsupportedParts(skipUnsupported(raw, registry, logger), registry, logger)
      : raw;
    return await decodeConfig(supported, registry, logger);
  } catch (cause) {
    if (!(cause instanceof ConfigError) || cause instanceof LocationError) throw cause;
    throw new ConfigError(`failed to get config: ${cause.message}`, { cause });
  }
}

function notingFiles(files: Set<string>): Providers {
  const providers = defaultProviders();
  return {
    ...providers,
    file(path, logger) {
      files.add(path);
      return providers.file!(path, logger);
    },
  };
}

/** Validates a configuration that is to be used. Throws a ConfigError with every problem. */
export function checkConfig(config: AgentConfig): void {
  try {
    validateConfig(config);
  } catch (cause) {
    throw new ConfigError(`invalid configuration: ${(cause as Error).message}`, { cause });
  }
}
