import type { ReceiverFactory } from "../../component/index.ts";
import type { Signal } from "../../pdata/index.ts";
import { type OtlpConfig, otlpConfig } from "./config.ts";
import { OtlpReceiver } from "./receiver.ts";

/** `otlp`: OTLP over gRPC and over HTTP, protobuf and JSON. */
export const otlpReceiverFactory: ReceiverFactory<OtlpConfig, Signal> = {
  type: "otlp",
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config: otlpConfig,
  exclusive: () => true, // Two cannot listen on one port.
  create: (settings, config, next) => new OtlpReceiver(settings, config, next),
};
