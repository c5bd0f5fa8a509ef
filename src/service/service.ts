import { availableParallelism } from "node:os";
import type { Extension, StatusEvent } from "../component/extension.ts";
import type { BuildInfo, Logger } from "../component/index.ts";
import type { ServiceView } from "../component/view.ts";
import type { AgentConfig } from "./config.ts";
import { withinGrace } from "./deadlines.ts";
import type { Tracing } from "./graph/traced.ts";
import { buildGraph, type Graph, type GraphContext, type Node } from "./graph.ts";
import { type Lifecycle, startNodes, stopNodes } from "./lifecycle.ts";
import { replaceGraph } from "./reload.ts";
import { Statuses, tellExtensions } from "./statuses.ts";
import { Counters } from "./telemetry/counters.ts";
import { errorText } from "./telemetry/encode.ts";
import type { LoggerFactory } from "./telemetry/logger.ts";
import { extensionViews, pipelineViews } from "./view.ts";

/** Less than the 30 s that Kubernetes leaves between SIGTERM and SIGKILL. */
const DRAIN_DEADLINE_MS = 25_000;

export interface ServiceOptions {
  readonly buildInfo: BuildInfo;
  readonly loggers: LoggerFactory;
  /** The agent's own metrics; its own unless given. */
  readonly counters?: Counters;
  readonly tracing?: Tracing;
  /** How long shutdown may take to drain; 25 s unless given. */
  readonly drainDeadlineMs?: number;
}

/** The running agent: one configuration's components, connected. */
export class Service {
  /** The traffic of every component. */
  readonly counters: Counters;
  /** Resolves with the cause when a component reports a fatal error; the owner then shuts down. */
  readonly fatalError: Promise<unknown>;
  /** Resolves when every receiver reported by itself that it has stopped: there will be no more data. */
  readonly finished: Promise<void>;
  readonly #options: ServiceOptions;
  readonly #logger: Logger;
  readonly #context: GraphContext;
  readonly #life: Lifecycle;
  readonly #reportFatal: (cause: unknown) => void;
  readonly #reportFinished: () => void;
  #graph: Graph;
  /** The graph whose extensions components are offered: during a reload, the new one's. */
  #offered: Graph;
  /** Aborts when the agent is to stop. */
  readonly #stop = new AbortController();
  #starting: Promise<void> | undefined;
  #reloading: Promise<void> = Promise.resolve();
  readonly #startTime = new Date();
  #running = false;
  /** Whether a reload is under way, which stops receivers and starts others in their place. */
  #replacing = false;

  /** Builds the graph; nothing runs yet. Throws a ConfigError when the pipelines do not fit together. */
  constructor(config: AgentConfig, options: ServiceOptions) {
    this.#options = options;
    this.#logger = options.loggers({});
    const fatal = Promise.withResolvers<unknown>();
    this.fatalError = fatal.promise;
    this.#reportFatal = fatal.resolve;
    const finished = Promise.withResolvers<void>();
    this.finished = finished.promise;
    this.#reportFinished = finished.resolve;
    this.counters = options.counters ?? new Counters();
    const { buildInfo, loggers, drainDeadlineMs: deadlineMs = DRAIN_DEADLINE_MS } = options;
    const { tracing } = options;
    this.#context = { buildInfo, counters: this.counters, tracing, logger: loggers };
    const statuses = new Statuses(this.#onStatus);
    this.#life = {
      statuses,
      deadlineMs,
      stopping: this.#stop.signal,
      extension: (id) => this.#extensions.find((node) => node.id === id),
      view: () => this.#view(),
    };
    this.#graph = buildGraph(config, this.#context);
    this.#offered = this.#graph;
  }

  /** Resolves when every component runs. When one cannot start, or a shutdown comes before, none is left running. */
  start(): Promise<void> {
    const started = this.#start();
    const over = () => {
      this.#starting = undefined;
    };
    this.#starting = started.then(over, over);
    return started;
  }

  async #start(): Promise<void> {
    const { command, version } = this.#options.buildInfo;
    this.#logger.info({ Version: version, NumCPU: availableParallelism() }, `Starting ${command}...`);
    this.#logger.info({}, "Starting extensions...");
    const { nodes, config } = this.#graph;
    const extensions = this.#extensions;
    await startNodes(extensions, this.#life);
    await this.#orStop(extensions, async () => {
      await this.#unlessStopped(notify(extensions, (extension) => extension.notifyConfig?.(config)));
      await startNodes(nodes.filter(isInPipeline), this.#life);
    });
    await this.#orStop(nodes, () =>
      this.#unlessStopped(notify(extensions, (extension) => extension.pipelineReady?.())),
    );
    this.#running = true;
    this.#logger.info({}, "Everything is ready. Begin running and processing data.");
  }

  /**
   * Goes over to another configuration: what is new is built and started before what is gone stops; what is unchanged
   * goes on. Rejects with the reason when that is not possible; the old configuration then runs on. One at a time.
   */
  async reload(config: AgentConfig): Promise<void> {
    const before = this.#reloading;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reloading = promise;
    await before;
    this.#replacing = true;
    try {
      await this.#replace(config);
    } finally {
      this.#replacing = false;
      this.#finishWhenStopped();
      resolve();
    }
  }

  async #replace(config: AgentConfig): Promise<void> {
    if (!this.#running) throw new Error("the agent is not running");
    this.#stop.signal.throwIfAborted();
    const adopt = (graph: Graph) => {
      this.#offered = graph;
    };
    const { graph, error } = await replaceGraph(this.#graph, config, {
      context: this.#context,
      life: this.#life,
      adopt,
    });
    this.#graph = graph;
    this.#offered = graph;
    if (error !== undefined) throw error;
    const added = graph.added.filter(({ kind }) => kind === "extension");
    await this.#unlessStopped(
      notify(this.#extensions, (extension) => extension.notifyConfig?.(graph.config)),
    );
    await this.#unlessStopped(notify(added, (extension) => extension.pipelineReady?.()));
  }

  /**
   * Drains and stops. A start or reload that is under way ends where it is. Safe before start, and twice. Rejects when a
   * component failed to stop; all have been asked to.
   */
  async shutdown(): Promise<void> {
    const askedMs = performance.now();
    if (!this.#running && !this.#starting) return;
    this.#stop.abort(new Error("the agent is stopped"));
    if (!this.#running) return await this.#endOfStart();
    await this.#reloading;
    if (!this.#running) return; // Another was faster.
    this.#running = false;
    this.#logger.info({}, "Starting shutdown...");
    const { nodes } = this.#graph;
    const extensions = this.#extensions;
    await this.#notReady(extensions);
    const life = { ...this.#life, deadlineMs: this.#life.deadlineMs - (performance.now() - askedMs) };
    const ofPipelines = await stopNodes(nodes.filter(isInPipeline), life);
    this.#logger.info({}, "Stopping extensions...");
    const failures = [...ofPipelines, ...(await stopNodes(extensions, life))];
    this.#logger.debug(this.#traffic(), "Items handled since start.");
    for (const { message } of failures)
      this.#logger.error({ error: message }, "Component did not stop cleanly.");
    this.#logger.info({}, "Shutdown complete.");
    if (failures.length > 0) {
      throw new Error(`failed to shutdown pipelines: ${failures.map(({ message }) => message).join("; ")}`);
    }
  }

  /** Waits until an interrupted start has stopped what it had started. */
  async #endOfStart(): Promise<void> {
    this.#logger.info({}, "Starting shutdown...");
    await this.#starting;
    this.#logger.info({}, "Shutdown complete.");
  }

  async #unlessStopped(work: Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    await withinGrace(work, signal, "an extension does not answer");
    signal.throwIfAborted();
  }

  /** Does a step of the start; when it fails, stops what runs by then. */
  async #orStop(nodes: readonly Node[], step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      await stopNodes(nodes, this.#life);
      throw error;
    }
  }

  async #notReady(extensions: readonly Node[]): Promise<void> {
    try {
      await notify(extensions, (extension) => extension.pipelineNotReady?.());
    } catch (error) {
      this.#logger.error({ error: errorText(error) }, "An extension could not be told of the shutdown.");
    }
  }

  #view(): ServiceView {
    const { statuses } = this.#life;
    return {
      buildInfo: this.#options.buildInfo,
      startTime: this.#startTime,
      pipelines: pipelineViews(this.#graph, statuses),
      extensions: extensionViews(this.#graph, statuses),
    };
  }

  get #extensions(): readonly Node[] {
    return this.#offered.nodes.filter(({ kind }) => kind === "extension");
  }

  get #receiversStopped(): boolean {
    const receivers = this.#graph.nodes.filter(({ kind }) => kind === "receiver");
    return (
      receivers.length > 0 && receivers.every((node) => this.#life.statuses.of(node)?.status === "stopped")
    );
  }

  /** What was not 0. */
  #traffic(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.counters.snapshot()).filter(([, value]) => value > 0));
  }

  readonly #onStatus = (node: Node, event: StatusEvent): void => {
    tellExtensions(this.#extensions, node, event);
    if (event.status === "fatal_error") this.#reportFatal(event.cause);
    if (event.status === "stopped") this.#finishWhenStopped();
  };

  #finishWhenStopped(): void {
    if (this.#running && !this.#replacing && this.#receiversStopped) this.#reportFinished();
  }
}

function isInPipeline({ kind }: Node): boolean {
  return kind !== "extension";
}

async function notify(
  extensions: readonly Node[],
  tell: (extension: Extension) => void | Promise<void>,
): Promise<void> {
  for (const { id, component } of extensions) {
    try {
      await tell(component);
    } catch (cause) {
      throw new Error(`failed to notify extension ${JSON.stringify(id)}: ${errorText(cause)}`, { cause });
    }
  }
}
