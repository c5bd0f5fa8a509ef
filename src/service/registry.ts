// Every component there is, by kind.
import type { ExporterFactory, ProcessorFactory, ReceiverFactory } from "../component/index.ts";
import { exporters } from "../exporters/index.ts";
import type { Signal } from "../pdata/index.ts";
import { processors } from "../processors/index.ts";
import { receivers } from "../receivers/index.ts";
import { Catalog } from "./catalog.ts";

/** The components a configuration may name. */
export interface Registry {
  readonly receivers: Catalog<ReceiverFactory<unknown, Signal>>;
  readonly processors: Catalog<ProcessorFactory<unknown, Signal>>;
  readonly exporters: Catalog<ExporterFactory<unknown, Signal>>;
}

/** The components this build has. Nothing of them is loaded until a configuration names it. */
export const registry: Registry = {
  receivers: new Catalog(receivers),
  processors: new Catalog(processors),
  exporters: new Catalog(exporters),
};
