import { type GrpcClientConfig, grpcClientConfig, target } from "../../config/grpc-client/config.ts";
import { duration, type Schema, squash, struct } from "../../confmap/schema.ts";
import { type QueueConfig, type RetryConfig, retryOnFailure, sendingQueue } from "../helper/config.ts";

/** The user's `otlp_grpc` section. */
export interface OtlpGrpcConfig extends GrpcClientConfig {
  /** For one attempt. */
  readonly timeoutMs: number;
  readonly sendingQueue: QueueConfig | undefined;
  readonly retryOnFailure: RetryConfig | undefined;
}

const own = struct("otlpexporter.Config", {
  timeout: duration("5s"),
  sending_queue: sendingQueue,
  retry_on_failure: retryOnFailure,
});

export const otlpGrpcConfig: Schema<OtlpGrpcConfig> = squash(own, grpcClientConfig, function* ({ endpoint }) {
  if (target(endpoint) === "") yield 'requires a non-empty "endpoint"';
});
