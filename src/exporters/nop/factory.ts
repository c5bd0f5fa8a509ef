import type { ExporterFactory } from "../../component/index.ts";
import { type Schema, struct } from "../../confmap/schema.ts";
import { discard } from "../../consumer/index.ts";
import type { Signal } from "../../pdata/index.ts";

const config: Schema<object> = struct("nopexporter.Config", {});

/** `nop`: takes everything and sends nothing. Lets a pipeline be tried without a backend. */
export const nopExporterFactory: ExporterFactory<object, Signal> = {
  type: "nop",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config,
  create: () => ({
    ...discard,
    async start() {},
    async shutdown() {},
  }),
};
