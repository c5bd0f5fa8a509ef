import type { Entry } from "../component/entry.ts";
import type { ComponentFactory } from "../component/index.ts";
import { type LoadedPlugin, loadPlugin, PluginError } from "../plugin/load.ts";
import { Catalog } from "./catalog.ts";
import type { Registry } from "./registry.ts";

/** Adds the components of plugins, named as seen from `directory`, to a registry. Throws a PluginError. */
export async function withPlugins(
  specs: readonly string[],
  registry: Registry,
  directory: string,
): Promise<Registry> {
  let extended = registry;
  for (const spec of specs) extended = extend(extended, await loadPlugin(spec, directory));
  return extended;
}

function extend(registry: Registry, { plugin, module }: LoadedPlugin): Registry {
  const added = <F extends ComponentFactory<unknown>>(
    catalog: Catalog<F>,
    entries: readonly Entry<F>[] = [],
  ): Catalog<F> =>
    new Catalog([...catalog.entries, ...entries.map((entry) => adopted(entry, catalog, module))]);
  return {
    receivers: added(registry.receivers, plugin.receivers),
    processors: added(registry.processors, plugin.processors),
    exporters: added(registry.exporters, plugin.exporters),
    connectors: added(registry.connectors, plugin.connectors),
    extensions: added(registry.extensions, plugin.extensions),
  };
}

/** A plugin's entry, once its names are known to be new; its factory is looked at when it is loaded. */
function adopted<F extends ComponentFactory<unknown>>(
  entry: Entry<F>,
  { names }: Catalog<F>,
  module: string,
): Entry<F> {
  const taken = [entry.type, ...(entry.aliases ?? [])].find((name) => names.includes(name));
  if (taken !== undefined)
    throw new PluginError(`plugin ${module}: there is a component ${JSON.stringify(taken)} already`);
  return {
    ...entry,
    module,
    async load() {
      const factory = await entry.load();
      if (factory?.type !== entry.type || factory.config?.kind === undefined)
        throw new PluginError(`plugin ${module}: what ${entry.type} loads is no factory of that type`);
      return factory;
    },
  };
}
