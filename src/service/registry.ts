// Every component there is, by kind.
import type { ConnectorFactory } from "../component/connector.ts";
import type { ExtensionFactory } from "../component/extension.ts";
import type { ExporterFactory, ProcessorFactory, ReceiverFactory } from "../component/index.ts";
import { connectors } from "../connectors/index.ts";
import { exporters } from "../exporters/index.ts";
import { extensions } from "../extensions/index.ts";
import type { Signal } from "../pdata/index.ts";
import { processors } from "../processors/index.ts";
import { receivers } from "../receivers/index.ts";
import { Catalog } from "./catalog.ts";

/** The components a configuration may name. */
export interface Registry {
  readonly receivers: Catalog<ReceiverFactory<unknown, Signal>>;
  readonly processors: Catalog<ProcessorFactory<unknown, Signal>>;
  readonly exporters: Catalog<ExporterFactory<unknown, Signal>>;
  readonly connectors: Catalog<ConnectorFactory<unknown>>;
  readonly extensions: Catalog<ExtensionFactory<unknown>>;
}

/** The components this build has. Nothing of them is loaded until a configuration names it. */
export const registry: Registry = {
  receivers: new Catalog(receivers),
  processors: new Catalog(processors),
  exporters: new Catalog(exporters),
  connectors: new Catalog(connectors),
  extensions: new Catalog(extensions),
};
