import type { Connector, ConnectorFactory } from "../../component/connector.ts";
import type { Consumer } from "../../consumer/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { type ForwardConfig, forwardConfig } from "./config.ts";

/** `forward`: hands the data of its pipelines on to others of the same signal, as it is. */
export const forwardConnectorFactory: ConnectorFactory<ForwardConfig> = {
  type: "forward",
  stability: { traces: { traces: "beta" }, metrics: { metrics: "beta" }, logs: { logs: "beta" } },
  config: forwardConfig,
  create: <From extends Signal>(
    _settings: unknown,
    _config: unknown,
    _from: From,
    _to: Signal,
    next: Consumer<Signal>,
  ): Connector<From> => ({
    capabilities: { mutatesData: false },
    async start() {},
    async shutdown() {},
    consume: (data, context) => next.consume(data, context),
  }),
};
