// What decoding cannot see: each component's own rules, and whether the pipelines fit what is configured.
import { ConfigError } from "../confmap/decode.ts";
import { nearest } from "../confmap/nearest.ts";
import { validate } from "../confmap/validate.ts";
import { allowNoPipelines, profilesSupport } from "../featuregate/index.ts";
import type { AgentConfig } from "./config.ts";
import { type PipelineConfig, serviceConfig } from "./config-schema.ts";
import { parsePipelineId } from "./pipeline-id.ts";

const KINDS = ["receivers", "exporters", "processors", "connectors", "extensions"] as const;

/** Throws a ConfigError with a line for each problem. */
export function validateConfig(config: AgentConfig): void {
  const problems = configProblems(config);
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
}

/** Every problem, in the Collector's order: `path::to::key: text`. */
export function configProblems(config: AgentConfig): readonly string[] {
  return [
    ...wholeProblems(config),
    ...KINDS.flatMap((kind) => componentProblems(kind, config)),
    ...validate(serviceConfig, config.service, "service"),
    ...pipelineProblems(config),
  ];
}

/** What concerns the sections together. */
function wholeProblems(config: AgentConfig): string[] {
  if (KINDS.every((kind) => config[kind].size === 0)) return ["empty configuration file"];
  return [
    ...missingSections(config),
    ...ambiguousConnectors(config),
    ...missingExtensions(config),
    ...Object.entries(config.service.pipelines).flatMap(([id, pipeline]) =>
      [...references(pipeline, config)].map((problem) => `service::pipelines::${id}: ${problem}`),
    ),
  ];
}

function* missingSections({ receivers, exporters }: AgentConfig): Iterable<string> {
  if (allowNoPipelines.enabled) return;
  if (receivers.size === 0) yield "no receiver configuration specified in config";
  if (exporters.size === 0) yield "no exporter configuration specified in config";
}

function* ambiguousConnectors({ connectors, exporters, receivers }: AgentConfig): Iterable<string> {
  for (const id of connectors.keys()) {
    const other = exporters.has(id) ? "exporter" : receivers.has(id) ? "receiver" : undefined;
    if (!other) continue;
    const shown = JSON.stringify(id);
    yield `connectors::${id}: ambiguous ID: Found both ${shown} ${other} and ${shown} connector. ` +
      `Change one of the components' IDs to eliminate ambiguity (e.g. rename ${shown} connector to "${id}/connector")`;
  }
}

function missingExtensions({ service, extensions }: AgentConfig): string[] {
  const missing = service.extensions.filter((id) => !extensions.has(id));
  return missing.map((id) => `service::extensions: ${unconfigured("extension", id, extensions.keys())}`);
}

/** A connector stands where receivers do, and where exporters do. */
function* references(pipeline: PipelineConfig, config: AgentConfig): Iterable<string> {
  const connectors = [...config.connectors.keys()];
  const known = {
    receivers: [...config.receivers.keys(), ...connectors],
    processors: [...config.processors.keys()],
    exporters: [...config.exporters.keys(), ...connectors],
  };
  for (const kind of ["receivers", "processors", "exporters"] as const) {
    const missing = pipeline[kind].filter((id) => !known[kind].includes(id));
    for (const id of new Set(missing)) yield unconfigured(kind.slice(0, -1), id, known[kind]);
  }
}

function unconfigured(kind: string, id: string, known: Iterable<string>): string {
  const hint = nearest(id, known);
  const suggestion = hint === undefined ? "" : ` (did you mean "${hint}"?)`;
  return `references ${kind} ${JSON.stringify(id)} which is not configured${suggestion}`;
}

function componentProblems(kind: (typeof KINDS)[number], config: AgentConfig): string[] {
  return [...config[kind].values()].flatMap(({ id, factory, config: section }) =>
    validate(factory.config, section, `${kind}::${id}`),
  );
}

function pipelineProblems({ service }: AgentConfig): string[] {
  const pipelines = Object.entries(service.pipelines);
  const path = "service::pipelines";
  if (pipelines.length === 0 && !allowNoPipelines.enabled)
    return [`${path}: service must have at least one pipeline`];
  return pipelines.flatMap(([id, pipeline]) => [
    ...gated(id).map((problem) => `${path}: ${problem}`),
    ...[...partProblems(pipeline)].map((problem) => `${path}::${id}: ${problem}`),
  ]);
}

function gated(id: string): string[] {
  if (profilesSupport.enabled || parsePipelineId(id) !== "profiles") return [];
  return [
    `pipeline ${JSON.stringify(id)}: profiling signal support is at alpha level, ` +
      `gated under the "${profilesSupport.info.id}" feature gate`,
  ];
}

function* partProblems({ receivers, processors, exporters }: PipelineConfig): Iterable<string> {
  if (receivers.length === 0) yield "must have at least one receiver";
  if (exporters.length === 0) yield "must have at least one exporter";
  const repeated = processors.filter((id, index) => processors.indexOf(id) < index);
  for (const id of new Set(repeated)) yield `references processor ${JSON.stringify(id)} multiple times`;
}
