import type { Entry } from "../../src/component/entry.ts";
import type { Factory, Kind } from "../../src/component/index.ts";
import type { Signal } from "../../src/pdata/index.ts";
import { registry } from "../../src/service/registry.ts";

/** A component of this build, with what the tests call it. */
export interface Registered<F> {
  readonly name: string;
  readonly kind: Kind;
  readonly entry: Entry<F>;
}

type AnyFactory = Factory<unknown, Signal>;

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

export const everyComponent: readonly Registered<AnyFactory>[] = [...receivers, ...processors, ...exporters];
