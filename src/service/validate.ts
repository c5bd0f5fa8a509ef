// What decoding cannot see: each component's own rules, and whether the pipelines fit what is configured.
import { ConfigError, validate } from "../confmap/decode.ts";
import { type AgentConfig, parsePipelineId } from "./config.ts";
import { type PipelineConfig, serviceConfig } from "./config-schema.ts";

const KINDS = ["receivers", "processors", "exporters"] as const;
const ALL_KINDS = [...KINDS, "connectors", "extensions"] as const;

/** Throws a ConfigError with a line for each problem: `path::to::key: text`. */
export function validateConfig(config: AgentConfig): void {
  const problems = [
    ...(config.empty ? ["empty configuration file"] : []),
    ...ALL_KINDS.flatMap((kind) => componentProblems(kind, config)),
    ...validate(serviceConfig, config.service, "service"),
    ...pipelineProblems(config),
  ];
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
}

function componentProblems(kind: (typeof ALL_KINDS)[number], config: AgentConfig): string[] {
  return [...config[kind].values()].flatMap(({ id, factory, config: section }) =>
    validate(factory.config, section, `${kind}::${id}`),
  );
}

function pipelineProblems(config: AgentConfig): string[] {
  const pipelines = Object.entries(config.service.pipelines);
  const path = "service::pipelines";
  if (pipelines.length === 0) return [`${path}: service must have at least one pipeline`];
  const missing = config.service.extensions.filter((id) => !config.extensions.has(id));
  const extensions = missing.map(
    (id) => `service::extensions: references extension ${JSON.stringify(id)} which is not configured`,
  );
  return [...extensions, ...pipelines.flatMap(([id, pipeline]) => problemsOf(id, pipeline, config))];
}

function problemsOf(id: string, pipeline: PipelineConfig, config: AgentConfig): string[] {
  if (parsePipelineId(id) === "profiles") {
    return [
      `service::pipelines: pipeline ${JSON.stringify(id)}: profiling signal support is at alpha level, ` +
        'gated under the "service.profilesSupport" feature gate',
    ];
  }
  return [...missingParts(pipeline), ...references(pipeline, config)].map(
    (problem) => `service::pipelines::${id}: ${problem}`,
  );
}

function* missingParts(pipeline: PipelineConfig): Iterable<string> {
  if (pipeline.receivers.length === 0) yield "must have at least one receiver";
  if (pipeline.exporters.length === 0) yield "must have at least one exporter";
}

function* references(pipeline: PipelineConfig, config: AgentConfig): Iterable<string> {
  const repeated = pipeline.processors.filter((id, index, all) => all.indexOf(id) < index);
  for (const id of new Set(repeated)) yield `references processor ${JSON.stringify(id)} multiple times`;
  for (const kind of KINDS) {
    const missing = pipeline[kind].filter((id) => !config[kind].has(id));
    const noun = kind.slice(0, -1);
    for (const id of new Set(missing)) {
      yield `references ${noun} ${JSON.stringify(id)} which is not configured`;
    }
  }
}
