import type { Entry } from "../component/entry.ts";
import type { Factory } from "../component/index.ts";
import { defaultProviders } from "../confmap/providers.ts";
import type { Signal } from "../pdata/index.ts";
import type { Catalog } from "../service/catalog.ts";
import { registry } from "../service/registry.ts";
import { buildInfo } from "./build-info.ts";
import { parseFlags } from "./flags.ts";

/** Lists every component and how stable it is, in the shape of the Collector's `components`. */
export async function run(args: readonly string[]): Promise<number> {
  parseFlags(args, {});
  const { stringify } = await import("yaml");
  const listing = {
    buildinfo: buildInfo,
    receivers: await listed("receivers", registry.receivers),
    processors: await listed("processors", registry.processors),
    exporters: await listed("exporters", registry.exporters),
    connectors: await connectorsListed(),
    extensions: await extensionsListed(),
    providers: Object.keys(defaultProviders())
      .toSorted()
      .map((scheme) => ({ scheme, module: moduleOf("confmap/providers") })),
  };
  process.stdout.write(stringify(listing, { indent: 4 }));
  return 0;
}

async function listed<F extends Factory<unknown, Signal>>(
  kind: string,
  catalog: Catalog<F>,
): Promise<object[]> {
  const components = await Promise.all(
    catalog.entries.map((entry: Entry<F>) =>
      entry.load().then(({ stability }) => ({ type: entry.type, stability })),
    ),
  );
  return components
    .toSorted((a, b) => a.type.localeCompare(b.type))
    .map(({ type, stability }) => ({
      name: type,
      module: moduleOf(`${kind}/${type}`),
      stability: Object.fromEntries(
        Object.entries(stability)
          .toSorted(([a], [b]) => a.localeCompare(b))
          .map(([signal, level]) => [signal, capitalized(level)]),
      ),
    }));
}

const SIGNALS: readonly Signal[] = ["logs", "metrics", "traces"];

async function connectorsListed(): Promise<object[]> {
  const factories = await Promise.all(registry.connectors.entries.map((entry) => entry.load()));
  return factories.map(({ type, stability }) => ({
    name: type,
    module: moduleOf(`connectors/${type}`),
    stability: Object.fromEntries(
      SIGNALS.flatMap((from) =>
        SIGNALS.map((to) => [`${from}-to-${to}`, capitalized(stability[from]?.[to] ?? "undefined")]),
      ),
    ),
  }));
}

async function extensionsListed(): Promise<object[]> {
  const factories = await Promise.all(registry.extensions.entries.map((entry) => entry.load()));
  return factories.map(({ type, stability }) => ({
    name: type,
    module: moduleOf(`extensions/${type}`),
    stability: { extension: capitalized(stability) },
  }));
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Where a component is in this package, with the package's version. */
function moduleOf(path: string): string {
  return `wattspan/${path} v${buildInfo.version}`;
}
