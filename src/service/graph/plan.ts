// What a configuration's graph consists of, before any of it exists: the components, and what each feeds.
import type { ConnectorFactory } from "../../component/connector.ts";
import type { ComponentFactory, Factory, Kind } from "../../component/index.ts";
import { ConfigError } from "../../confmap/decode.ts";
import type { Signal } from "../../pdata/index.ts";
import type { AgentConfig, Configured } from "../config.ts";
import type { PipelineConfig } from "../config-schema.ts";
import { parsePipelineId } from "../pipeline-id.ts";
import { checkConnectors, connectorPairs } from "./connectors.ts";
import { inStartOrder } from "./order.ts";

/** A way out of a component: what takes one signal's data, by pipeline. */
export interface OutputPlan {
  readonly signal: Signal;
  /** A processor that has another behind it, or the exporters of its pipeline, has one target. */
  readonly targets: readonly Target[];
}

export interface Target {
  readonly pipelineId: string;
  /** The keys of the nodes that take the data, all of them. */
  readonly nodes: readonly string[];
}

/** One instance of a component. */
export interface NodePlan {
  /** What makes it the same instance in the graphs before and after a reload. */
  readonly key: string;
  readonly kind: Kind;
  readonly configured: Configured<ComponentFactory<unknown>>;
  /** The pipelines it is part of. */
  readonly pipelineIds: readonly string[];
  /** What it takes; undefined for receivers and extensions. */
  readonly signal?: Signal;
  /** What it gives, for connectors. */
  readonly to?: Signal;
  readonly outputs: readonly OutputPlan[];
}

/** Plans every component in the order of start. Throws a ConfigError when the pipelines do not fit together. */
export function planGraph(config: AgentConfig): readonly NodePlan[] {
  try {
    checkConnectors(config);
    return inStartOrder(new Planner(config).plan());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`failed to build pipelines: ${error.message}`, { cause: error });
  }
}

class Planner {
  readonly #config: AgentConfig;
  readonly #nodes = new Map<string, NodePlan>();

  constructor(config: AgentConfig) {
    this.#config = config;
  }

  plan(): readonly NodePlan[] {
    const { extensions, pipelines } = this.#config.service;
    for (const id of new Set(extensions)) {
      const configured = this.#config.extensions.get(id)!;
      this.#add({ key: `extension ${id}`, kind: "extension", configured, pipelineIds: [], outputs: [] });
    }
    for (const [id, pipeline] of Object.entries(pipelines)) {
      const signal = signalOf(id);
      for (const exporter of pipeline.exporters) this.#addTaker(exporter, signal);
      for (const index of pipeline.processors.keys()) this.#addProcessor(index, id, pipeline);
    }
    const receivers = Object.values(pipelines).flatMap((pipeline) => pipeline.receivers);
    for (const id of new Set(receivers)) this.#addReceiver(id);
    return [...this.#nodes.values()];
  }

  /** What ends a pipeline: an exporter, or a connector for each signal it goes on as. */
  #addTaker(id: string, signal: Signal): void {
    const exporter = this.#config.exporters.get(id);
    if (exporter) this.#addExporter(exporter, signal);
    const connector = this.#config.connectors.get(id);
    if (!connector) return;
    for (const to of connectorPairs(this.#config, connector, signal))
      this.#addConnector(connector, signal, to);
  }

  #addExporter(configured: Configured<Factory<unknown, Signal>>, signal: Signal): void {
    const { id } = configured;
    requireSignal("exporter", configured, signal);
    const pipelineIds = this.#pipelinesWith("exporters", id, signal);
    this.#add({
      key: exporterKey(id, signal),
      kind: "exporter",
      configured,
      pipelineIds,
      signal,
      outputs: [],
    });
  }

  #addConnector(configured: Configured<ConnectorFactory<unknown>>, signal: Signal, to: Signal): void {
    const { id } = configured;
    const fed = this.#pipelinesWith("receivers", id, to);
    const pipelineIds = [...this.#pipelinesWith("exporters", id, signal), ...fed];
    const outputs = fed.map((pipelineId) => ({ signal: to, targets: [this.#entryOf(pipelineId)] }));
    this.#add({
      key: connectorKey(id, signal, to),
      kind: "connector",
      configured,
      pipelineIds,
      signal,
      to,
      outputs,
    });
  }

  #addProcessor(index: number, pipelineId: string, pipeline: PipelineConfig): void {
    const configured = this.#config.processors.get(pipeline.processors[index]!)!;
    const signal = signalOf(pipelineId);
    requireSignal("processor", configured, signal);
    const outputs = [{ signal, targets: [this.#entryOf(pipelineId, index + 1)] }];
    const key = processorKey(configured.id, pipelineId);
    this.#add({ key, kind: "processor", configured, pipelineIds: [pipelineId], signal, outputs });
  }

  /** One instance for each id; it feeds every pipeline that names it. */
  #addReceiver(id: string): void {
    const configured = this.#config.receivers.get(id);
    if (!configured) return; // A connector.
    const pipelineIds = this.#pipelinesWith("receivers", id);
    const signals = [...new Set(pipelineIds.map(signalOf))];
    for (const signal of signals) requireSignal("receiver", configured, signal);
    const outputs = signals.map((signal) => {
      const fed = pipelineIds.filter((pipelineId) => signalOf(pipelineId) === signal);
      return { signal, targets: fed.map((pipelineId) => this.#entryOf(pipelineId)) };
    });
    this.#add({ key: `receiver ${id}`, kind: "receiver", configured, pipelineIds, outputs });
  }

  /** What takes data at that place of a pipeline: the processor there, or what ends it. */
  #entryOf(pipelineId: string, place = 0): Target {
    const { processors, exporters } = this.#config.service.pipelines[pipelineId]!;
    const processor = processors[place];
    if (processor !== undefined) return { pipelineId, nodes: [processorKey(processor, pipelineId)] };
    const signal = signalOf(pipelineId);
    return { pipelineId, nodes: exporters.flatMap((id) => this.#takers(id, signal)) };
  }

  #takers(id: string, signal: Signal): readonly string[] {
    const connector = this.#config.connectors.get(id);
    if (!connector) return [exporterKey(id, signal)];
    return connectorPairs(this.#config, connector, signal).map((to) => connectorKey(id, signal, to));
  }

  #pipelinesWith(role: "receivers" | "exporters", id: string, signal?: Signal): readonly string[] {
    return Object.entries(this.#config.service.pipelines)
      .filter(
        ([pipelineId, pipeline]) =>
          pipeline[role].includes(id) && (signal ?? signalOf(pipelineId)) === signalOf(pipelineId),
      )
      .map(([pipelineId]) => pipelineId);
  }

  #add(node: NodePlan): void {
    if (!this.#nodes.has(node.key)) this.#nodes.set(node.key, node);
  }
}

/** Validation has refused profiles. */
export function signalOf(pipelineId: string): Signal {
  return parsePipelineId(pipelineId) as Signal;
}

const exporterKey = (id: string, signal: Signal): string => `exporter ${id} ${signal}`;
const connectorKey = (id: string, from: Signal, to: Signal): string => `connector ${id} ${from} ${to}`;
const processorKey = (id: string, pipelineId: string): string => `processor ${id} ${pipelineId}`;

function requireSignal(
  kind: Kind,
  { id, factory }: Configured<Factory<unknown, Signal>>,
  signal: Signal,
): void {
  if (factory.stability[signal] !== undefined) return;
  throw new ConfigError(
    `failed to create ${JSON.stringify(id)} ${kind} for data type ${JSON.stringify(signal)}: telemetry type is not supported`,
  );
}
