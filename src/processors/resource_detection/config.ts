import { httpClientConfig } from "../../config/http-client/config.ts";
import { isMapping, unexpand } from "../../confmap/expanded.ts";
import {
  any,
  bool,
  duration,
  float,
  list,
  optional,
  type Schema,
  squash,
  string,
  struct,
} from "../../confmap/schema.ts";
import { FOREIGN_DETECTORS, foreignBlocks } from "./detectors/foreign.ts";
import { HOSTNAME_SOURCES } from "./detectors/hostname.ts";
import { DETECTORS, type DetectorName } from "./detectors/index.ts";
import { SYSTEM_ATTRIBUTES } from "./detectors/system-attributes.ts";

/** `system`: where the host's name comes from, and which attributes are wanted. */
export interface SystemConfig {
  readonly hostnameSources: readonly string[];
  readonly resourceAttributes: Readonly<Record<string, { readonly enabled: boolean }>>;
}

/** The user's `resource_detection` section. */
export interface ResourceDetectionConfig {
  readonly detectors: readonly string[];
  readonly override: boolean;
  /** 0 for never again. */
  readonly refreshIntervalMs: number;
  readonly failOnMissingMetadata: boolean;
  readonly system: SystemConfig;
}

/** Each attribute may be turned on or off; `resourceAttributes` has them under their own names. */
const systemAttributes: Schema<SystemConfig["resourceAttributes"]> = struct(
  "metadata.ResourceAttributesConfig",
  Object.fromEntries(
    Object.entries(SYSTEM_ATTRIBUTES).map(([name, { enabled }]) => [
      name,
      struct("metadata.ResourceAttributeConfig", { enabled: bool(enabled) }),
    ]),
  ),
);

const own = struct(
  "resourcedetectionprocessor.Config",
  {
    detectors: list(string(), ["env"]),
    override: bool(true),
    refresh_interval: duration(),
    fail_on_missing_metadata: bool(),
    system: struct("system.Config", {
      hostname_sources: list(string(), ["dns", "os"]),
      resource_attributes: systemAttributes,
    }),
    retry: optional(
      struct("configretry.BackOffConfig", {
        initial_interval: duration("1s"),
        randomization_factor: float(0.5),
        multiplier: float(2),
        max_interval: duration("30s"),
        max_elapsed_time: duration(),
      }),
      { on: true },
    ),
    env: any(),
    container: any(),
  },
  function* ({ detectors, system }) {
    for (const name of detectors) if (!(name in DETECTORS)) yield unknownDetector(name);
    for (const source of system.hostnameSources) {
      if (source in HOSTNAME_SOURCES) continue;
      yield { path: "system", message: `hostname_sources contains invalid value: ${JSON.stringify(source)}` };
    }
  },
);

/**
 * The detectors here ask nobody over a network, so that the keys of an HTTP client and `retry` have nothing to do;
 * existing configurations have them.
 */
export const resourceDetectionConfig: Schema<ResourceDetectionConfig> = squash(
  squash(own, foreignBlocks),
  httpClientConfig({ timeout: "5s", compression: "" }),
);

/** A raw section without the detectors that this build does not have, and which those were. */
export function withoutForeignDetectors(section: unknown): {
  supported: unknown;
  leftOut: readonly string[];
} {
  const config = unexpand(section);
  const detectors = isMapping(config) ? unexpand(config.detectors) : undefined;
  if (!isMapping(config) || !Array.isArray(detectors)) return { supported: section, leftOut: [] };
  const isForeign = (name: unknown) => FOREIGN_DETECTORS.has(String(unexpand(name)));
  return {
    supported: { ...config, detectors: detectors.filter((name) => !isForeign(name)) },
    leftOut: detectors.filter(isForeign).map((name) => `detector ${unexpand(name)}`),
  };
}

function unknownDetector(name: string): string {
  const known = Object.keys(DETECTORS) as DetectorName[];
  if (!FOREIGN_DETECTORS.has(name))
    return `invalid detector key: ${name} (valid values: ${known.join(", ")})`;
  return `detector ${JSON.stringify(name)} asks a service that this build has no client for: remove it, give its attributes in OTEL_RESOURCE_ATTRIBUTES, or run with --skip-unsupported (valid values: ${known.join(", ")})`;
}
