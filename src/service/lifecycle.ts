// Starts and stops components: downstream first, upstream first, each in its time.
import type { Extension } from "../component/extension.ts";
import type { Host } from "../component/index.ts";
import type { ServiceView } from "../component/view.ts";
import { Deadlines, unlessLate, withinGrace } from "./deadlines.ts";
import type { Node } from "./graph.ts";
import type { Statuses } from "./statuses.ts";
import { errorText } from "./telemetry/encode.ts";

/** How long calls that go by way of an exporter may take before it is stopped all the same. */
const LAST_CALLS_MS = 5000;

const INTERRUPTED = "the agent was stopped before the start was over";

/** What the nodes of one agent share in their lives. */
export interface Lifecycle {
  readonly statuses: Statuses;
  /** How long those that are stopped together may take to drain. */
  readonly deadlineMs: number;
  /** Aborts when the agent is to stop: nothing is started any more. */
  readonly stopping: AbortSignal;
  /** The running extension of that id, for hosts. */
  extension(id: string): Node | undefined;
  view(): ServiceView;
}

/** Starts one component. Rejects soon after the agent is to stop, even if the component has not come to an end. */
export async function startNode(node: Node, life: Lifecycle): Promise<void> {
  const { statuses } = life;
  const host: Host = {
    reportStatus: (status, cause) => statuses.report(node, status, cause),
    view: life.view,
    extension: (id) => {
      const extension = life.extension(id);
      node.extensionsUsed.set(id, extension);
      return extension?.component as Extension | undefined;
    },
  };
  if (node.kind === "extension") node.logger.info({}, "Extension is starting...");
  statuses.report(node, "starting");
  try {
    life.stopping.throwIfAborted();
    await withinGrace(node.component.start(host), life.stopping, INTERRUPTED);
    life.stopping.throwIfAborted();
  } catch (cause) {
    throw new Error(startFailure(node, cause), { cause });
  }
  statuses.started(node);
  if (node.kind === "extension") node.logger.info({}, "Extension started.");
}

function startFailure({ kind, id }: Node, cause: unknown): string {
  if (kind === "extension") return `failed to start extensions: ${errorText(cause)}`;
  return `cannot start pipelines: failed to start ${JSON.stringify(id)} ${kind}: ${errorText(cause)}`;
}

/** Starts nodes in order. When one fails, those already started are stopped, and the failure is thrown. */
export async function startNodes(nodes: readonly Node[], life: Lifecycle): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    try {
      await startNode(node, life);
    } catch (error) {
      await stopNodes(nodes.slice(0, index + 1), life);
      throw error;
    }
  }
}

export interface StopOptions {
  /** Whether others go on: calls that are still on their way through a node are then waited for. */
  readonly othersGoOn?: boolean;
  /** Called before a node is stopped, when all that is upstream of it was. */
  readonly onStopping?: (node: Node) => void;
}

/** Stops nodes in reverse order, giving all of them together the deadline to drain, those upstream less. Goes on when one fails or hangs. */
export async function stopNodes(
  nodes: readonly Node[],
  life: Lifecycle,
  { othersGoOn = false, onStopping }: StopOptions = {},
): Promise<readonly Error[]> {
  const failures: Error[] = [];
  const { deadlineMs, statuses } = life;
  const deadlines = new Deadlines(deadlineMs, othersGoOn ? life.stopping : undefined);
  for (const node of nodes.toReversed()) {
    statuses.report(node, "stopping");
    onStopping?.(node);
    try {
      await stopNode(node, deadlines.of(node), othersGoOn);
      statuses.report(node, "stopped");
    } catch (cause) {
      const message = `failed to shutdown ${JSON.stringify(node.id)} ${node.kind}: ${errorText(cause)}`;
      failures.push(new Error(message, { cause }));
    }
  }
  deadlines.clear();
  return failures;
}

async function stopNode(
  { kind, input, component }: Node,
  deadline: AbortSignal,
  othersGoOn: boolean,
): Promise<void> {
  // What an exporter has begun to send ends by itself; what a processor holds, by its shutdown.
  if (othersGoOn && input && kind === "exporter") await unlessLate(input.idle(), deadline, LAST_CALLS_MS);
  await withinGrace(component.shutdown(deadline), deadline, "did not stop at the deadline");
  if (othersGoOn && input) await unlessLate(input.idle(), deadline);
}
