import type { ReceiverFactory } from "../../component/index.ts";
import { type Schema, struct } from "../../confmap/schema.ts";
import type { Signal } from "../../pdata/index.ts";

const config: Schema<object> = struct("nopreceiver.Config", {});

/** `nop`: receives nothing. Lets a pipeline be tried without one. */
export const nopReceiverFactory: ReceiverFactory<object, Signal> = {
  type: "nop",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config,
  create: () => ({
    async start() {},
    async shutdown() {},
  }),
};
