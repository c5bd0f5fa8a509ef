// The `service` section: pipelines, and the agent's own telemetry.
import { formatId, parseId } from "../component/id.ts";
import { list, map, type Schema, struct, text } from "../confmap/schema.ts";
import { canonicalPipelineId } from "./pipeline-id.ts";
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

const componentIds = list(text((written) => formatId(parseId(written))));
const pipelineId = text(canonicalPipelineId, /^\s*(?:traces|metrics|logs|profiles)\s*(?:\/.+)?$/);

const pipeline = struct("pipelines.PipelineConfig", {
  receivers: componentIds,
  processors: componentIds,
  exporters: componentIds,
});

export const serviceConfig: Schema<ServiceConfig> = struct("service.Config", {
  telemetry: telemetryConfig,
  extensions: componentIds,
  pipelines: map(pipeline, { keys: pipelineId }),
});
