// OTLP over gRPC: one unary method for each signal.
import type { UnaryHandler } from "../../config/grpc-server/call.ts";
import type { Consumer, Consumers } from "../../consumer/index.ts";
import { dataFromBytes, type Signal } from "../../pdata/index.ts";
import { type Decode, decodeRequest, exportData, RESPONSE } from "./export.ts";

const METHODS: { readonly [S in Signal]: string } = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

/** The methods of the signals that have a pipeline. */
export function grpcHandlers(next: Consumers<Signal>): ReadonlyMap<string, UnaryHandler> {
  const handlers = new Map<string, UnaryHandler>();
  for (const [signal, consumer] of Object.entries(next) as [Signal, Consumer<Signal>][]) {
    handlers.set(METHODS[signal], async ({ bytes, lease }, context) => {
      const decode: Decode = (of, request) => dataFromBytes(of, request, lease);
      await exportData(consumer, decodeRequest(signal, bytes, decode), context);
      return RESPONSE;
    });
  }
  return handlers;
}
