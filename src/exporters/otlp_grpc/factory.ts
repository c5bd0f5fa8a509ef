import type { ExporterFactory } from "../../component/index.ts";
import { target } from "../../config/grpc-client/config.ts";
import type { Signal } from "../../pdata/index.ts";
import { grpcDestination } from "../helper/destination.ts";
import { toExporter } from "../helper/exporter.ts";
import { SharedClient } from "./client.ts";
import { type OtlpGrpcConfig, otlpGrpcConfig } from "./config.ts";
import { OtlpGrpcSender } from "./sender.ts";

/** One client for all the pipelines that name the same section. */
const clients = new WeakMap<OtlpGrpcConfig, SharedClient>();

/** `otlp_grpc`: OTLP over gRPC. */
export const otlpGrpcExporterFactory: ExporterFactory<OtlpGrpcConfig, Signal> = {
  type: "otlp_grpc",
  aliases: ["otlp"],
  stability: { traces: "beta", metrics: "beta", logs: "beta" },
  config: otlpGrpcConfig,
  exclusive: ({ sendingQueue }) => Boolean(sendingQueue?.storage), // Which is one file.
  create(settings, config, signal) {
    const client = clients.get(config) ?? new SharedClient(config, settings);
    clients.set(config, client);
    const { retryOnFailure: retry, sendingQueue: queue } = config;
    const destination = grpcDestination(target(config.endpoint));
    return toExporter(
      { settings, signal, retry, queue, destination },
      new OtlpGrpcSender(settings, signal, client),
    );
  },
};
