// The flags that say which configuration is meant, and how it is to be read.
import { locationOfSetting } from "../confmap/location.ts";
import { featureGates } from "../featuregate/index.ts";
import { type Registry, registry } from "../service/registry.ts";
import { type Flags, UsageError } from "./flags.ts";

export const CONFIG_FLAGS = {
  values: { config: {}, set: {}, "feature-gates": {}, plugin: {} },
  switches: { "skip-unsupported": {} },
} as const;

/** Where a configuration comes from, each time it is read. */
export interface ConfigSource {
  readonly locations: readonly string[];
  /** The components it may name, those of plugins included. */
  readonly registry: Registry;
  /** Whether components that the registry lacks are left out instead of refused. */
  readonly skipUnsupported: boolean;
}

/**
 * What the flags say, with plugins loaded and feature gates set. Throws a UsageError when there is no `--config`, a
 * PluginError for a plugin that is none.
 */
export async function configSource(flags: Flags): Promise<ConfigSource> {
  setFeatureGates(flags);
  return {
    locations: configLocations(flags),
    registry: await registryWithPlugins(flags),
    skipUnsupported: flags.switches.has("skip-unsupported"),
  };
}

/** The components of this build and of the plugins that the flags name. */
export async function registryWithPlugins({ values: { plugin } }: Flags): Promise<Registry> {
  if (!plugin) return registry;
  const { withPlugins } = await import("../service/plugins.ts");
  return withPlugins(plugin, registry, process.cwd());
}

/** Sets the gates that `--feature-gates` names. Throws a UsageError. */
export function setFeatureGates({ values }: Flags): void {
  for (const list of values["feature-gates"] ?? [])
    checked("feature-gates", list, () => featureGates.apply(list));
}

/** The locations that `--config` and then `--set` name, in order. Throws a UsageError when there is no `--config`. */
function configLocations({ values }: Flags): readonly string[] {
  const settings = (values.set ?? []).map((setting) =>
    checked("set", setting, () => locationOfSetting(setting)),
  );
  const locations = values.config ?? [];
  if (locations.length === 0) throw new UsageError("at least one config flag must be provided");
  return [...locations, ...settings];
}

function checked<T>(flag: string, value: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const { message } = cause as Error;
    throw new UsageError(`invalid argument ${JSON.stringify(value)} for "--${flag}" flag: ${message}`, {
      cause,
    });
  }
}
