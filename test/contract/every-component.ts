import type { Entry } from "../../src/component/entry.ts";
import type { ComponentFactory, Kind } from "../../src/component/index.ts";
import { withPlugins } from "../../src/service/plugins.ts";
import { registry as own, type Registry } from "../../src/service/registry.ts";

/** What is held to the contract: this build's components, and those of a plugin as a third party writes it. */
const registry: Registry = await withPlugins(["../support/plugin"], own, import.meta.dirname);

/** A component of this build, with what the tests call it. */
export interface Registered<F> {
  readonly name: string;
  readonly kind: Kind;
  readonly entry: Entry<F>;
}

type AnyFactory = ComponentFactory<unknown> & { readonly stability: object | string };

function registered<F>(kind: Kind, entries: readonly Entry<F>[]): readonly Registered<F>[] {
  return entries.map((entry) => ({ name: `${kind} ${entry.type}`, kind, entry }));
}

export const receivers: readonly Registered<
  Awaited<ReturnType<(typeof registry.receivers.entries)[number]["load"]>>
>[] = registered("receiver", registry.receivers.entries);
export const processors: readonly Registered<
  Awaited<ReturnType<(typeof registry.processors.entries)[number]["load"]>>
>[] = registered("processor", registry.processors.entries);
export const exporters: readonly Registered<
  Awaited<ReturnType<(typeof registry.exporters.entries)[number]["load"]>>
>[] = registered("exporter", registry.exporters.entries);

export const connectors: readonly Registered<
  Awaited<ReturnType<(typeof registry.connectors.entries)[number]["load"]>>
>[] = registered("connector", registry.connectors.entries);
export const extensions: readonly Registered<
  Awaited<ReturnType<(typeof registry.extensions.entries)[number]["load"]>>
>[] = registered("extension", registry.extensions.entries);

export const everyComponent: readonly Registered<AnyFactory>[] = [
  ...receivers,
  ...processors,
  ...exporters,
  ...connectors,
  ...extensions,
];
