// Puts one graph in the place of another while data flows. Nothing of the running graph is touched before everything new
// runs, but for what cannot run twice.
import type { Consumer } from "../consumer/index.ts";
import { GoneError } from "../consumer/partial.ts";
import type { Signal } from "../pdata/index.ts";
import type { AgentConfig } from "./config.ts";
import { buildGraph, type Graph, type GraphContext, type Node } from "./graph.ts";
import { type Lifecycle, startNode, startNodes, stopNodes } from "./lifecycle.ts";
import { errorText } from "./telemetry/encode.ts";

/** What a reload works on. */
export interface Reloading {
  readonly context: GraphContext;
  readonly life: Lifecycle;
  /** Called with the graph whose extensions hosts offer from then on. */
  adopt(graph: Graph): void;
}

/** What came of it. */
export interface Reloaded {
  /** What runs now. */
  readonly graph: Graph;
  /** Why it is not what was wanted, but what ran before. */
  readonly error?: unknown;
}

/** Replaces `running` by the graph of `config`; when that fails, what ran goes on. Throws when there is no such graph. */
export async function replaceGraph(running: Graph, config: AgentConfig, tools: Reloading): Promise<Reloaded> {
  const firstToStop = new Set<string>();
  for (let now = running; ; ) {
    const replacement = new Replacement(now, buildGraph(config, tools.context, now), tools, firstToStop);
    const outcome = await replacement.run();
    const rivals = replacement.rivals(outcome.error);
    if (rivals.length === 0) return outcome;
    for (const { key } of rivals) firstToStop.add(key); // Once more, and they make room before.
    now = outcome.graph;
  }
}

class Replacement {
  readonly #running: Graph;
  readonly #next: Graph;
  readonly #tools: Reloading;
  readonly #firstToStop: ReadonlySet<string>;
  /** Components that the new graph does not have. */
  readonly #gone: readonly Node[];
  readonly #started: Node[] = [];
  readonly #stopped: Node[] = [];
  /** Where data waits that is on its way to a component that was stopped already, by its key. */
  readonly #waiting = new Map<string, PromiseWithResolvers<Consumer<Signal>>>();
  #failed: Node | undefined;

  constructor(running: Graph, next: Graph, tools: Reloading, firstToStop: ReadonlySet<string>) {
    this.#running = running;
    this.#next = next;
    this.#tools = tools;
    this.#firstToStop = firstToStop;
    const stays = new Set(next.nodes);
    this.#gone = running.nodes.filter((node) => !stays.has(node));
  }

  async run(): Promise<Reloaded> {
    const { adopt, life } = this.#tools;
    adopt(this.#next);
    try {
      for (const node of this.#next.added) await this.#start(node);
    } catch (error) {
      return { graph: await this.#goBack(), error };
    }
    this.#next.connect();
    this.#letThrough(this.#next);
    const left = this.#gone.filter((node) => !this.#stopped.includes(node));
    await this.#stop(left, life, (node) => this.#close(node));
    return { graph: this.#next };
  }

  /** Components whose place a start would have needed, when that is why it failed, and that go away anyway. */
  rivals(error: unknown): readonly Node[] {
    const { kind } = this.#failed ?? {};
    if (!isAddressInUse(error)) return [];
    return this.#gone.filter((node) => node.kind === kind && !this.#stopped.includes(node));
  }

  async #start(node: Node): Promise<void> {
    this.#tools.life.stopping.throwIfAborted();
    const before = this.#gone.find(({ key }) => key === node.key);
    if (before && isExclusive(before, node)) await this.#makeRoom([before]);
    const rivals = this.#gone.filter(({ key, kind }) => kind === node.kind && this.#firstToStop.has(key));
    await this.#makeRoom(rivals);
    this.#started.push(node);
    this.#failed = node;
    await startNode(node, this.#tools.life);
    this.#failed = undefined;
  }

  /** Stops components, and first those that use them, before what takes their place is started. */
  async #makeRoom(nodes: readonly Node[]): Promise<void> {
    const users = this.#gone.filter((node) =>
      [...node.extensionsUsed.values()].some((used) => used && nodes.includes(used)),
    );
    const leaving = this.#gone.filter(
      (node) => (nodes.includes(node) || users.includes(node)) && !this.#stopped.includes(node),
    );
    // One by one: what a processor still holds goes on to what makes room after it.
    for (const node of leaving.toReversed()) {
      this.#hold(node);
      await this.#stop([node], this.#tools.life);
      this.#stopped.push(node);
    }
  }

  /** Lets data wait for what takes a component's place. */
  #hold({ key, input }: Node): void {
    if (!input) return;
    const successor = Promise.withResolvers<Consumer<Signal>>();
    this.#waiting.set(key, successor);
    input.close(successor.promise);
  }

  /** Leads data that comes late, such as what a processor kept for a component that lagged, to what took its place. */
  #close({ key, kind, input, outputs }: Node): void {
    const successor = this.#next.nodes.find((node) => node.key === key)?.input;
    const passedBy = kind === "processor" ? outputs[0] : undefined; // The pipeline goes on without it.
    const next = successor ?? passedBy;
    input?.close(next ? Promise.resolve(next) : Promise.reject(gone()));
  }

  async #stop(nodes: readonly Node[], life: Lifecycle, onStopping = (_: Node) => {}): Promise<void> {
    for (const { message } of await stopNodes(nodes, life, { othersGoOn: true, onStopping })) {
      this.#tools.context.logger({}).error({ error: message }, "Component did not stop cleanly.");
    }
    for (const node of nodes) {
      node.counters.release();
      life.statuses.forget(node);
    }
  }

  /** Stops what was started, and starts anew what had to make room. */
  async #goBack(): Promise<Graph> {
    const { adopt, life, context } = this.#tools;
    await this.#stop(this.#started, life);
    adopt(this.#running);
    if (this.#stopped.length === 0) return this.#running;
    const survivors = this.#running.nodes.filter((node) => !this.#stopped.includes(node));
    if (life.stopping.aborted) return this.#withoutReturn(survivors);
    const restored = buildGraph(this.#running.config, context, { ...this.#running, nodes: survivors });
    adopt(restored);
    const runs = await this.#startAgain(restored.added);
    restored.connect();
    const graph = runs ? restored : { ...restored, nodes: survivors };
    this.#letThrough(graph);
    return graph;
  }

  /** Leaves it at what still runs: that is to stop, too. */
  #withoutReturn(survivors: readonly Node[]): Graph {
    const graph = { ...this.#running, nodes: survivors };
    this.#letThrough(graph);
    return graph;
  }

  async #startAgain(nodes: readonly Node[]): Promise<boolean> {
    const { life, context } = this.#tools;
    try {
      await startNodes(nodes, life);
      return true;
    } catch (error) {
      const attributes = { error: errorText(error), components: nodes.map(({ key }) => key) };
      context
        .logger({})
        .error(attributes, "What had made room for the new configuration did not start again.");
      return false;
    }
  }

  #letThrough(graph: Graph): void {
    for (const [key, { resolve, reject }] of this.#waiting) {
      const input = graph.nodes.find((node) => node.key === key)?.input;
      if (input) resolve(input);
      else reject(gone());
    }
  }
}

function gone(): GoneError {
  return new GoneError("the configuration was reloaded without the component");
}

function isExclusive(before: Node, after: Node): boolean {
  return [before, after].some(({ plan: { configured } }) =>
    configured.factory.exclusive?.(configured.config),
  );
}

/** Whether an error, or what caused it, is a port that another has. */
function isAddressInUse(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    (error as NodeJS.ErrnoException).code === "EADDRINUSE" ||
    /address already in use/.test(error.message) ||
    isAddressInUse(error.cause)
  );
}
