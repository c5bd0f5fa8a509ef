// What state each component is in, by the Collector's rules of what may follow what.
import type { ComponentSource, Extension, StatusEvent } from "../component/extension.ts";
import type { Status } from "../component/index.ts";
import type { Node } from "./graph.ts";

/** What a status may become; a report of anything else is one that came too late. */
const NEXT: Readonly<Record<Status, readonly Status[]>> = {
  starting: ["ok", "recoverable_error", "permanent_error", "fatal_error", "stopping"],
  ok: ["recoverable_error", "permanent_error", "fatal_error", "stopping", "stopped"],
  recoverable_error: ["ok", "permanent_error", "fatal_error", "stopping", "stopped"],
  permanent_error: ["stopping"],
  fatal_error: ["stopping"],
  stopping: ["recoverable_error", "permanent_error", "fatal_error", "stopped"],
  stopped: [],
};

const FIRST: readonly Status[] = ["starting", "stopping"];

/** Told of each change. */
export type OnStatus = (node: Node, event: StatusEvent) => void;

/** The statuses of all components of one agent. */
export class Statuses {
  readonly #events = new Map<Node, StatusEvent>();
  readonly #onStatus: OnStatus;

  constructor(onStatus: OnStatus) {
    this.#onStatus = onStatus;
  }

  of(node: Node): StatusEvent | undefined {
    return this.#events.get(node);
  }

  /** Takes note of a change; the same again, and what cannot follow, is none. */
  report(node: Node, status: Status, cause?: unknown): void {
    const before = this.#events.get(node)?.status;
    const possible = before ? NEXT[before] : FIRST;
    if (!possible.includes(status)) return;
    const event = { status, cause, time: new Date() };
    this.#events.set(node, event);
    logStatus(node, event, before);
    this.#onStatus(node, event);
  }

  /** A component that has started is well, unless it has said otherwise. */
  started(node: Node): void {
    if (this.#events.get(node)?.status === "starting") this.report(node, "ok");
  }

  forget(node: Node): void {
    this.#events.delete(node);
  }
}

/** Tells the extensions that want to know. */
export function tellExtensions(extensions: Iterable<Node>, node: Node, event: StatusEvent): void {
  const { kind, id, plan } = node;
  const source: ComponentSource = { kind, id, pipelineIds: plan.pipelineIds };
  for (const { component } of extensions) (component as Extension).componentStatusChanged?.(source, event);
}

/** Says in the component's own log what an operator should know. */
export function logStatus(
  { logger }: Node,
  { status, cause }: StatusEvent,
  before: Status | undefined,
): void {
  const attributes = cause === undefined ? {} : { error: cause };
  if (status === "recoverable_error") logger.warn(attributes, "Component is in trouble and tries again.");
  if (status === "ok" && before === "recoverable_error") logger.info({}, "Component is well again.");
  if (status === "permanent_error")
    logger.error(attributes, "Component has failed for good; the others go on.");
  if (status === "fatal_error") logger.error(attributes, "Component has failed; the agent stops.");
}
