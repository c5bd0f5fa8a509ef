// The `service` section: pipelines, and the agent's own telemetry.
import { list, map, type Schema, string, struct } from "../confmap/schema.ts";
import { type TelemetryConfig, telemetryConfig } from "./telemetry/schema.ts";

export interface PipelineConfig {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export interface ServiceConfig {
  readonly telemetry: TelemetryConfig;
  readonly extensions: readonly string[];
  readonly pipelines: Readonly<Record<string, PipelineConfig>>;
}

const pipeline = struct("pipelines.PipelineConfig", {
  receivers: list(string()),
  processors: list(string()),
  exporters: list(string()),
});

export const serviceConfig: Schema<ServiceConfig> = struct("service.Config", {
  telemetry: telemetryConfig,
  extensions: list(string()),
  pipelines: map(pipeline, { keys: /^\s*(?:traces|metrics|logs|profiles)\s*(?:\/.+)?$/ }),
});
