import type { ConnectorStability } from "../component/connector.ts";
import type { Entry } from "../component/entry.ts";
import type { Stability } from "../component/index.ts";
import { defaultProviders } from "../confmap/providers.ts";
import type { Signal } from "../pdata/index.ts";
import type { Catalog } from "../service/catalog.ts";
import { buildInfo } from "./build-info.ts";
import { registryWithPlugins } from "./config-flags.ts";
import { type FlagSet, parseFlags } from "./flags.ts";
import { printYaml } from "./print.ts";

export const flags: FlagSet = { values: { plugin: {} } };

/** Lists every component and how stable it is, in the shape of the Collector's `components`. */
export async function run(args: readonly string[]): Promise<number> {
  const registry = await registryWithPlugins(parseFlags(args, flags));
  await printYaml({
    buildinfo: buildInfo,
    receivers: await listed("receivers", registry.receivers, bySignal),
    processors: await listed("processors", registry.processors, bySignal),
    exporters: await listed("exporters", registry.exporters, bySignal),
    connectors: await listed("connectors", registry.connectors, bySignals),
    extensions: await listed("extensions", registry.extensions, (extension: Stability) => ({ extension })),
    providers: Object.keys(defaultProviders())
      .toSorted()
      .map((scheme) => ({ scheme, module: moduleOf("confmap/providers") })),
  });
  return 0;
}

/** Stabilities by what they are of, as the listing names it. */
type Stabilities = Readonly<Record<string, Stability | undefined>>;

async function listed<T, F extends { readonly stability: T }>(
  kind: string,
  catalog: Catalog<F>,
  stabilities: (stability: T) => Stabilities,
): Promise<object[]> {
  const entries = catalog.entries.toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return Promise.all(
    entries.map(async (entry: Entry<F>) => {
      const { stability } = await entry.load();
      const levels = Object.entries(stabilities(stability)).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return {
        name: entry.type,
        module: entry.module ?? moduleOf(`${kind}/${entry.type}`),
        stability: Object.fromEntries(
          levels.map(([what, level = "undefined"]) => [what, capitalized(level)]),
        ),
      };
    }),
  );
}

const bySignal = (stability: { readonly [S in Signal]?: Stability }): Stabilities => stability;

const SIGNALS: readonly Signal[] = ["logs", "metrics", "traces"];

const bySignals = (stability: ConnectorStability): Stabilities =>
  Object.fromEntries(
    SIGNALS.flatMap((from) => SIGNALS.map((to) => [`${from}-to-${to}`, stability[from]?.[to]] as const)),
  );

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Where a component is in this package, with the package's version. */
function moduleOf(path: string): string {
  return `wattspan/${path} v${buildInfo.version}`;
}
