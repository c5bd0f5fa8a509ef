import type { ConnectorFactory } from "../../component/connector.ts";
import type { ExtensionFactory } from "../../component/extension.ts";
import type {
  Component,
  ExporterFactory,
  Kind,
  Labels,
  Logger,
  ProcessorFactory,
  ReceiverFactory,
  Settings,
} from "../../component/index.ts";
import type { Consumer, Consumers } from "../../consumer/index.ts";
import { discard } from "../../consumer/index.ts";
import type { Signal } from "../../pdata/index.ts";
import {
  exporterCounts,
  isQueued,
  isUncounted,
  observeInFlight,
  observeReceiver,
  processorCount,
  processorDuration,
} from "../observed.ts";
import type { GraphContext } from "./context.ts";
import { Input, Output } from "./edge.ts";
import { NodeCounters } from "./node-counters.ts";
import type { NodePlan } from "./plan.ts";
import { ProcessorClock } from "./processor-clock.ts";
import { PipelineRouter } from "./router.ts";
import { type Tracing, tracedExporter, tracedReceiver } from "./traced.ts";

/** One instance of a component, with the edges at which it is connected. */
export interface Node {
  readonly key: string;
  readonly kind: Kind;
  readonly id: string;
  /** Changes with a reload that the component lives through. */
  plan: NodePlan;
  readonly component: Component;
  readonly logger: Logger;
  /** Undefined for receivers and extensions. */
  readonly input: Input | undefined;
  /** As many as its plan has, in the same order. */
  readonly outputs: readonly Output[];
  readonly counters: NodeCounters;
  /** The extensions it asked its host for, by id; undefined those that were not there. */
  readonly extensionsUsed: Map<string, Node | undefined>;
}

/** Creates a component that hands its data to `nexts`, one for each of its plan's outputs. Nothing runs yet. */
export function createNode(plan: NodePlan, context: GraphContext, nexts: readonly Consumer<Signal>[]): Node {
  const { kind, key, configured } = plan;
  const { id } = configured;
  const counters = new NodeCounters(context.counters);
  const logger = context.logger(attributesOf(plan));
  const settings: Settings = { id, logger, buildInfo: context.buildInfo, counters };
  const isCounted = kind === "processor" && !isUncounted(configured.factory.type);
  const clock = isCounted ? new ProcessorClock(processorDuration(id, plan.signal!, counters)) : undefined;
  const count = clock?.until(processorCount("outgoing", id, plan.signal!, counters));
  const outputs = nexts.map((next) => new Output(next, count));
  const made = creators[kind](plan, settings, outputs, { tracing: context.tracing, clock });
  return { key, kind, id, plan, logger, outputs, counters, extensionsUsed: new Map(), ...made };
}

type Made = Pick<Node, "component" | "input">;
/** What sees a component's calls. */
interface Observers {
  readonly tracing: Tracing | undefined;
  /** Of processors that are counted. */
  readonly clock: ProcessorClock | undefined;
}
type Create = (plan: NodePlan, settings: Settings, outputs: readonly Output[], observers: Observers) => Made;

const creators: Readonly<Record<Kind, Create>> = {
  extension({ configured }, settings) {
    const factory = configured.factory as ExtensionFactory<unknown>;
    return { component: factory.create(settings, configured.config), input: undefined };
  },
  exporter({ configured, signal }, settings, _outputs, { tracing }) {
    const factory = configured.factory as ExporterFactory<unknown, Signal>;
    const component = factory.create(settings, configured.config, signal!);
    const { id, counters } = settings;
    const traced = tracing ? tracedExporter(id, signal!, tracing, component) : component;
    const input = new Input(traced, exporterCounts(id, signal!, counters, component));
    if (!isQueued(component)) observeInFlight(id, signal!, counters, () => input.underWay);
    return { component, input };
  },
  processor({ configured, signal }, settings, [next = discard], { clock }) {
    const factory = configured.factory as ProcessorFactory<unknown, Signal>;
    const component = factory.create(settings, configured.config, signal!, next);
    if (!clock) return { component, input: new Input(component) };
    const incoming = processorCount("incoming", settings.id, signal!, settings.counters);
    return { component, input: new Input(clock.around(component), { incoming }) };
  },
  connector({ configured, signal, to, outputs: plans }, settings, outputs) {
    const factory = configured.factory as ConnectorFactory<unknown>;
    const router = new PipelineRouter(
      new Map(outputs.map((output, index) => [plans[index]!.targets[0]!.pipelineId, output])),
    );
    const component = factory.create(settings, configured.config, signal!, to!, router);
    return { component, input: new Input(component) };
  },
  receiver({ configured, outputs: plans }, settings, outputs, { tracing }) {
    const factory = configured.factory as ReceiverFactory<unknown, Signal>;
    const next = outputs.map((output, index) => {
      const { signal } = plans[index]!;
      const observed = observeReceiver(settings.id, signal, settings.counters, output);
      return [signal, tracing ? tracedReceiver(settings.id, signal, tracing, observed) : observed];
    });
    const component = factory.create(
      settings,
      configured.config,
      Object.fromEntries(next) as Consumers<Signal>,
    );
    return { component, input: undefined };
  },
};

/** What tells a component's log records from those of others. */
function attributesOf({ kind, configured, signal, to, pipelineIds }: NodePlan): Labels {
  return {
    "otelcol.component.id": configured.id,
    "otelcol.component.kind": kind,
    ...(kind === "processor" && { "otelcol.pipeline.id": pipelineIds[0]! }),
    ...(signal && { "otelcol.signal": signal }),
    ...(to && { "otelcol.signal.output": to }),
  };
}
