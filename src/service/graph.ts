// From a configuration to connected components. Built from the exporters up, so that creation order is start order.
import type { BuildInfo, Component, Factory, Kind, Logger, Settings } from "../component/index.ts";
import { ConfigError } from "../confmap/decode.ts";
import type { Consumer, Consumers } from "../consumer/index.ts";
import type { Signal } from "../pdata/index.ts";
import { type AgentConfig, type Configured, parsePipelineId } from "./config.ts";
import type { PipelineConfig } from "./config-schema.ts";
import { fanOut } from "./fanout.ts";
import {
  observeExporter,
  observeProcessorInput,
  observeProcessorOutput,
  observeReceiver,
} from "./observed.ts";
import type { Counters } from "./telemetry/counters.ts";

/** One instance of a component in the graph. */
export interface Node {
  readonly kind: Kind;
  readonly id: string;
  readonly component: Component;
  readonly logger: Logger;
}

/** What every component of one agent shares. */
export interface GraphContext {
  readonly buildInfo: BuildInfo;
  readonly counters: Counters;
  /** The logger of a component, by the attributes that tell it from others. */
  readonly logger: (attributes: Readonly<Record<string, string>>) => Logger;
}

/** Connects the components of every pipeline. Throws a ConfigError when one does not support its pipeline's signal. */
export function buildGraph(config: AgentConfig, context: GraphContext): readonly Node[] {
  return new GraphBuilder(config, context).build();
}

class GraphBuilder {
  readonly #config: AgentConfig;
  readonly #context: GraphContext;
  readonly #nodes: Node[] = [];
  readonly #exporters = new Map<string, Consumer<Signal>>();
  readonly #entries = new Map<string, Consumer<Signal>>();

  constructor(config: AgentConfig, context: GraphContext) {
    this.#config = config;
    this.#context = context;
  }

  build(): readonly Node[] {
    for (const id of this.#config.service.extensions) this.#addExtension(id);
    const pipelines = Object.entries(this.#config.service.pipelines);
    for (const [id, pipeline] of pipelines) this.#entry(id, pipeline);
    for (const id of new Set(pipelines.flatMap(([, { receivers }]) => receivers))) this.#addReceiver(id);
    return this.#nodes;
  }

  #addExtension(id: string): void {
    const { factory, config } = configured(this.#config.extensions, id);
    const settings = this.#settings("extension", id);
    this.#add("extension", settings, factory.create(settings, config));
  }

  /** What the receivers of a pipeline hand their data to; built once. */
  #entry(id: string, pipeline: PipelineConfig): Consumer<Signal> {
    const known = this.#entries.get(id);
    if (known) return known;
    const signal = signalOf(id);
    let next = fanOut(pipeline.exporters.map((exporter) => this.#exporter(exporter, signal)));
    for (const processor of pipeline.processors.toReversed()) next = this.#addProcessor(processor, id, next);
    this.#entries.set(id, next);
    return next;
  }

  /** One instance for each id and signal, however many pipelines share it. */
  #exporter(id: string, signal: Signal): Consumer<Signal> {
    const key = `${signal} ${id}`;
    const known = this.#exporters.get(key);
    if (known) return known;
    const { factory, config } = configured(this.#config.exporters, id);
    requireSignal("exporter", factory, id, signal);
    const settings = this.#settings("exporter", id, { "otelcol.signal": signal });
    const exporter = factory.create(settings, config, signal);
    this.#add("exporter", settings, exporter);
    const observed = observeExporter(id, signal, this.#context.counters, exporter);
    this.#exporters.set(key, observed);
    return observed;
  }

  /** One instance for each pipeline. */
  #addProcessor(id: string, pipelineId: string, next: Consumer<Signal>): Consumer<Signal> {
    const { factory, config } = configured(this.#config.processors, id);
    const signal = signalOf(pipelineId);
    requireSignal("processor", factory, id, signal);
    const settings = this.#settings("processor", id, {
      "otelcol.pipeline.id": pipelineId,
      "otelcol.signal": signal,
    });
    const { counters } = this.#context;
    const processor = factory.create(
      settings,
      config,
      signal,
      observeProcessorOutput(id, signal, counters, next),
    );
    this.#add("processor", settings, processor);
    const observed = observeProcessorInput(id, signal, counters, processor);
    const mutatesData = processor.capabilities.mutatesData || next.capabilities.mutatesData;
    return { capabilities: { mutatesData }, consume: (data, context) => observed.consume(data, context) };
  }

  /** One instance for each id; it feeds every pipeline that names it. */
  #addReceiver(id: string): void {
    const { factory, config } = configured(this.#config.receivers, id);
    const entries = new Map<Signal, Consumer<Signal>[]>();
    for (const [pipelineId, pipeline] of Object.entries(this.#config.service.pipelines)) {
      if (!pipeline.receivers.includes(id)) continue;
      const signal = signalOf(pipelineId);
      requireSignal("receiver", factory, id, signal);
      const list = entries.get(signal) ?? [];
      entries.set(signal, [...list, this.#entry(pipelineId, pipeline)]);
    }
    const { counters } = this.#context;
    const next = [...entries].map(([signal, list]) => [
      signal,
      observeReceiver(id, signal, counters, fanOut(list)),
    ]);
    const settings = this.#settings("receiver", id);
    const receiver = factory.create(settings, config, Object.fromEntries(next) as Consumers<Signal>);
    this.#add("receiver", settings, receiver);
  }

  #settings(kind: Kind, id: string, attributes: Readonly<Record<string, string>> = {}): Settings {
    const logger = this.#context.logger({
      "otelcol.component.id": id,
      "otelcol.component.kind": kind,
      ...attributes,
    });
    const { buildInfo, counters } = this.#context;
    return { id, logger, buildInfo, counters };
  }

  #add(kind: Kind, { id, logger }: Settings, component: Component): void {
    this.#nodes.push({ kind, id, component, logger });
  }
}

/** Validation has seen that each reference is configured. */
function configured<F>(components: ReadonlyMap<string, Configured<F>>, id: string): Configured<F> {
  const component = components.get(id);
  if (!component) throw new Error(`build graph: ${JSON.stringify(id)} is not configured`);
  return component;
}

/** Validation has refused profiles. */
function signalOf(pipelineId: string): Signal {
  return parsePipelineId(pipelineId) as Signal;
}

function requireSignal(kind: Kind, factory: Factory<unknown, Signal>, id: string, signal: Signal): void {
  if (factory.stability[signal] !== undefined) return;
  throw new ConfigError(
    `failed to build pipelines: failed to create ${JSON.stringify(id)} ${kind} for data type ${JSON.stringify(signal)}: telemetry type is not supported`,
  );
}
