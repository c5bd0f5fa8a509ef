import type { AnyValue } from "../../../pdata/index.ts";
import { HOST_NAME } from "../../../semconv/host.ts";
import type { SystemConfig } from "../config.ts";
import { HOSTNAME_SOURCES } from "./hostname.ts";
import type { Detected, Surroundings } from "./index.ts";
import { SYSTEM_ATTRIBUTES } from "./system-attributes.ts";

/** What this host says of itself, in the attributes that are wanted. */
export function detectSystem(surroundings: Surroundings, config: SystemConfig): Detected {
  const name = hostName(surroundings, config.hostnameSources);
  const found = new Map<string, AnyValue>();
  for (const [key, attribute] of Object.entries(SYSTEM_ATTRIBUTES)) {
    if (!config.resourceAttributes[key]?.enabled) continue;
    const value = key === HOST_NAME ? name : attribute.find(surroundings);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

function hostName(surroundings: Surroundings, sources: readonly string[]): string {
  const failures: string[] = [];
  for (const source of sources) {
    try {
      return HOSTNAME_SOURCES[source]!(surroundings);
    } catch (error) {
      failures.push(`${source}: ${(error as Error).message}`);
    }
  }
  throw new Error(`all hostname sources failed to get hostname (${failures.join("; ")})`);
}
