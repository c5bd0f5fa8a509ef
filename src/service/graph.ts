// From a configuration to connected components, new ones or those of the graph before.
import { isDeepStrictEqual } from "node:util";
import type { Consumer } from "../consumer/index.ts";
import type { Signal } from "../pdata/index.ts";
import type { AgentConfig, Configured } from "./config.ts";
import { fanOut } from "./fanout.ts";
import type { GraphContext } from "./graph/context.ts";
import { capable } from "./graph/edge.ts";
import { createNode, type Node } from "./graph/node.ts";
import { type NodePlan, type OutputPlan, planGraph, type Target } from "./graph/plan.ts";

export type { GraphContext } from "./graph/context.ts";
export type { Node } from "./graph/node.ts";

/** The components of one configuration. */
export interface Graph {
  readonly config: AgentConfig;
  /** Every component, in the order of start. */
  readonly nodes: readonly Node[];
  /** Those that were not in the graph before. */
  readonly added: readonly Node[];
  /** Connects the components that were in the graph before to what they feed now. */
  connect(): void;
}

/**
 * Creates the components of every pipeline and connects them to each other. Components of `previous` whose section and
 * outputs are what they were are taken over; until `connect`, they go on feeding what they fed. Throws a ConfigError
 * when the pipelines do not fit together.
 */
export function buildGraph(given: AgentConfig, context: GraphContext, previous?: Graph): Graph {
  const config = previous ? sharing(given, previous.config) : given;
  return new GraphBuilder(config, context, previous).build();
}

class GraphBuilder {
  readonly #config: AgentConfig;
  readonly #context: GraphContext;
  readonly #previous: ReadonlyMap<string, Node>;
  readonly #nodes = new Map<string, Node>();
  readonly #added: Node[] = [];
  /** Whether what enters at a node is changed by it or by anything behind it. */
  readonly #mutates = new Map<string, boolean>();
  readonly #connections: (() => void)[] = [];

  constructor(config: AgentConfig, context: GraphContext, previous: Graph | undefined) {
    this.#config = config;
    this.#context = context;
    this.#previous = new Map((previous?.nodes ?? []).map((node) => [node.key, node]));
  }

  build(): Graph {
    const plans = planGraph(this.#config);
    try {
      for (const plan of plans) this.#add(plan);
    } catch (error) {
      for (const { counters } of this.#added) counters.release(); // Nobody will start them.
      throw error;
    }
    const connections = this.#connections;
    return {
      config: this.#config,
      nodes: [...this.#nodes.values()],
      added: this.#added,
      connect() {
        for (const connect of connections) connect();
      },
    };
  }

  #add(plan: NodePlan): void {
    const nexts = plan.outputs.map((output) => this.#next(output));
    const before = this.#previous.get(plan.key);
    const node =
      before && this.#stays(before, plan) ? this.#keep(before, plan, nexts) : this.#create(plan, nexts);
    this.#nodes.set(plan.key, node);
    const behind = plan.kind === "processor" || plan.signal === plan.to ? nexts : [];
    const consumers = node.input ? [node.input, ...behind] : [];
    this.#mutates.set(
      plan.key,
      consumers.some(({ capabilities }) => capabilities.mutatesData),
    );
  }

  #create(plan: NodePlan, nexts: readonly Consumer<Signal>[]): Node {
    const node = createNode(plan, this.#context, nexts);
    this.#added.push(node);
    return node;
  }

  #keep(node: Node, plan: NodePlan, nexts: readonly Consumer<Signal>[]): Node {
    this.#connections.push(() => {
      node.plan = plan;
      for (const [index, output] of node.outputs.entries()) output.connect(nexts[index]!);
    });
    return node;
  }

  /** Whether a component can go on as the one that is planned. */
  #stays({ plan: before, extensionsUsed }: Node, plan: NodePlan): boolean {
    return (
      before.configured.factory === plan.configured.factory &&
      before.configured.config === plan.configured.config &&
      shape(before) === shape(plan) &&
      [...extensionsUsed].every(([id, used]) => this.#nodes.get(`extension ${id}`) === used)
    );
  }

  #next({ targets }: OutputPlan): Consumer<Signal> {
    return fanOut(targets.map((target) => this.#entry(target)));
  }

  #entry({ nodes }: Target): Consumer<Signal> {
    return fanOut(nodes.map((key) => capable(this.#nodes.get(key)!.input!, this.#mutates.get(key)!)));
  }
}

/** What a component was told of its outputs when it was created. */
function shape({ kind, outputs }: NodePlan): string {
  const told = outputs.map(({ signal, targets }) => (kind === "connector" ? targets[0]!.pipelineId : signal));
  return JSON.stringify(told);
}

const KINDS = ["receivers", "processors", "exporters", "connectors", "extensions"] as const;

/** `config` with the sections that equal those of `previous` replaced by them: what is shared by section stays shared. */
function sharing(config: AgentConfig, previous: AgentConfig): AgentConfig {
  const sections = KINDS.map((kind) => [kind, sharedSections<unknown>(config[kind], previous[kind])]);
  return { ...config, ...Object.fromEntries(sections) };
}

function sharedSections<F>(
  sections: ReadonlyMap<string, Configured<F>>,
  previous: ReadonlyMap<string, Configured<F>>,
): ReadonlyMap<string, Configured<F>> {
  const shared = [...sections].map(([id, section]): [string, Configured<F>] => {
    const before = previous.get(id);
    const same = before?.factory === section.factory && isDeepStrictEqual(before.config, section.config);
    return [id, same && before ? before : section];
  });
  return new Map(shared);
}
