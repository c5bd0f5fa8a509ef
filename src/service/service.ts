import { availableParallelism } from "node:os";
import type { BuildInfo, Logger, Status } from "../component/index.ts";
import type { AgentConfig } from "./config.ts";
import { buildGraph, type Node } from "./graph.ts";
import { startNodes, stopNodes } from "./lifecycle.ts";
import { Counters } from "./telemetry/counters.ts";
import type { LoggerFactory } from "./telemetry/logger.ts";

/** Less than the 30 s that Kubernetes leaves between SIGTERM and SIGKILL. */
const DRAIN_DEADLINE_MS = 25_000;

export interface ServiceOptions {
  readonly buildInfo: BuildInfo;
  readonly loggers: LoggerFactory;
  /** How long shutdown may take to drain; 25 s unless given. */
  readonly drainDeadlineMs?: number;
}

/** The running agent: one configuration's components, connected. */
export class Service {
  /** The traffic of every component. */
  readonly counters: Counters = new Counters();
  /** Resolves with the cause when a component reports a fatal error; the owner then shuts down. */
  readonly fatalError: Promise<unknown>;
  /** Resolves when every receiver reported by itself that it has stopped: there will be no more data. */
  readonly finished: Promise<void>;
  readonly #options: ServiceOptions;
  readonly #logger: Logger;
  readonly #nodes: readonly Node[];
  readonly #statuses = new Map<Node, Status>();
  readonly #reportFatal: (cause: unknown) => void;
  readonly #reportFinished: () => void;
  #running = false;

  /** Builds the graph; nothing runs yet. Throws a ConfigError when the pipelines do not fit together. */
  constructor(config: AgentConfig, options: ServiceOptions) {
    this.#options = options;
    this.#logger = options.loggers({});
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.fatalError = promise;
    this.#reportFatal = resolve;
    const finished = Promise.withResolvers<void>();
    this.finished = finished.promise;
    this.#reportFinished = finished.resolve;
    this.#nodes = buildGraph(config, {
      buildInfo: options.buildInfo,
      counters: this.counters,
      logger: options.loggers,
    });
  }

  /** Resolves when every component runs. When one cannot start, none is left running. */
  async start(): Promise<void> {
    const { command, version } = this.#options.buildInfo;
    this.#logger.info({ Version: version, NumCPU: availableParallelism() }, `Starting ${command}...`);
    await startNodes(this.#nodes, this.#onStatus, this.#deadlineMs);
    this.#running = true;
    this.#logger.info({}, "Everything is ready. Begin running and processing data.");
  }

  /** Drains and stops. Safe before start, and twice. Rejects when a component failed to stop; all have been asked to. */
  async shutdown(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    this.#logger.info({}, "Starting shutdown...");
    const failures = await stopNodes(this.#nodes, this.#onStatus, this.#deadlineMs);
    this.#logger.debug(this.#traffic(), "Items handled since start.");
    for (const { message } of failures)
      this.#logger.error({ error: message }, "Component did not stop cleanly.");
    this.#logger.info({}, "Shutdown complete.");
    if (failures.length > 0) {
      throw new Error(`failed to shutdown pipelines: ${failures.map(({ message }) => message).join("; ")}`);
    }
  }

  get #deadlineMs(): number {
    return this.#options.drainDeadlineMs ?? DRAIN_DEADLINE_MS;
  }

  get #receiversStopped(): boolean {
    return this.#nodes.every((node) => node.kind !== "receiver" || this.#statuses.get(node) === "stopped");
  }

  /** What was not 0. */
  #traffic(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.counters.snapshot()).filter(([, value]) => value > 0));
  }

  /** Logs a status once, however often it is reported. */
  readonly #onStatus = (node: Node, status: Status, cause?: unknown): void => {
    if (this.#statuses.get(node) === status) return;
    this.#statuses.set(node, status);
    const attributes = cause === undefined ? {} : { error: cause };
    if (status === "recoverable_error")
      node.logger.warn(attributes, "Component is in trouble and tries again.");
    if (status === "permanent_error")
      node.logger.error(attributes, "Component has failed for good; the others go on.");
    if (status === "fatal_error") {
      node.logger.error(attributes, "Component has failed; the agent stops.");
      this.#reportFatal(cause);
    }
    if (this.#running && status === "stopped" && this.#receiversStopped) this.#reportFinished();
  };
}
