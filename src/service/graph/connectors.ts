// Which connectors join which pipelines, and whether each is used at both of its ends.
import type { ConnectorFactory } from "../../component/connector.ts";
import { ConfigError } from "../../confmap/decode.ts";
import type { Signal } from "../../pdata/index.ts";
import type { AgentConfig, Configured } from "../config.ts";
import { parsePipelineId } from "../pipeline-id.ts";

type ConfiguredConnector = Configured<ConnectorFactory<unknown>>;

/** The signals as which what a connector takes goes on: those it supports and is a receiver of. */
export function connectorPairs(
  config: AgentConfig,
  { id, factory }: ConfiguredConnector,
  from: Signal,
): readonly Signal[] {
  const supported = factory.stability[from] ?? {};
  return signalsOf(pipelinesWith(config, "receivers", id)).filter((to) => supported[to] !== undefined);
}

/** Throws a ConfigError when a connector is used at one end and nothing fits at the other. */
export function checkConnectors(config: AgentConfig): void {
  for (const connector of config.connectors.values()) checkConnector(config, connector);
}

function checkConnector(config: AgentConfig, connector: ConfiguredConnector): void {
  const { id, factory } = connector;
  const before = pipelinesWith(config, "exporters", id);
  const after = pipelinesWith(config, "receivers", id);
  for (const from of signalsOf(before)) {
    if (connectorPairs(config, connector, from).length > 0) continue;
    throw new ConfigError(
      `connector ${JSON.stringify(id)} used as exporter in ${named(before, from)} pipeline but not used in any supported receiver pipeline`,
    );
  }
  for (const to of signalsOf(after)) {
    if (signalsOf(before).some((from) => factory.stability[from]?.[to] !== undefined)) continue;
    throw new ConfigError(
      `connector ${JSON.stringify(id)} used as receiver in ${named(after, to)} pipeline but not used in any supported exporter pipeline`,
    );
  }
}

function pipelinesWith(config: AgentConfig, role: "receivers" | "exporters", id: string): readonly string[] {
  const pipelines = Object.entries(config.service.pipelines);
  return pipelines.filter(([, pipeline]) => pipeline[role].includes(id)).map(([pipelineId]) => pipelineId);
}

function signalsOf(pipelineIds: readonly string[]): readonly Signal[] {
  return [...new Set(pipelineIds.map((id) => parsePipelineId(id) as Signal))];
}

/** As Go prints a list. */
function named(pipelineIds: readonly string[], signal: Signal): string {
  return `[${pipelineIds.filter((id) => parsePipelineId(id) === signal).join(" ")}]`;
}
