// The connectors, in the order in which `components` lists them.
import type { ConnectorFactory } from "../component/connector.ts";
import type { Entry } from "../component/entry.ts";

export const connectors: readonly Entry<ConnectorFactory<unknown>>[] = [
  { type: "forward", load: async () => (await import("./forward/factory.ts")).forwardConnectorFactory },
];
