// Starts and stops components: downstream first, upstream first, each in its time.
import type { Extension } from "../component/extension.ts";
import type { Host, Kind } from "../component/index.ts";
import type { ServiceView } from "../component/view.ts";
import type { Node } from "./graph.ts";
import type { Statuses } from "./statuses.ts";
import { errorText } from "./telemetry/encode.ts";

/**
 * The share of the deadline by which what is upstream has to stop, so that one request that never ends does not take all
 * the time of those behind, who still hold data of others.
 */
const SHARES: Readonly<Record<Kind, number>> = {
  receiver: 0.6,
  processor: 0.8,
  connector: 0.8,
  exporter: 1,
  extension: 1,
};
/** After the deadline, how long a component may take to notice it. */
const GRACE_MS = 1000;
/** How long calls that go by way of an exporter may take before it is stopped all the same. */
const LAST_CALLS_MS = 5000;

/** What the nodes of one agent share in their lives. */
export interface Lifecycle {
  readonly statuses: Statuses;
  /** How long those that are stopped together may take to drain. */
  readonly deadlineMs: number;
  /** The running extension of that id, for hosts. */
  extension(id: string): Node | undefined;
  view(): ServiceView;
}

/** Starts one component. */
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
    await node.component.start(host);
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
  const deadlines = new Deadlines(deadlineMs);
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

/** Until when each kind of component may drain. */
class Deadlines {
  readonly #signals = new Map<number, AbortSignal>();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(deadlineMs: number) {
    for (const share of new Set(Object.values(SHARES))) {
      const abort = new AbortController();
      const ms = share * deadlineMs;
      const expire = () => abort.abort(new Error(`data was not drained within ${ms / 1000} s of shutdown`));
      this.#timers.push(setTimeout(expire, ms));
      this.#signals.set(share, abort.signal);
    }
  }

  of({ kind }: Node): AbortSignal {
    return this.#signals.get(SHARES[kind])!;
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

async function stopNode(
  { kind, input, component }: Node,
  deadline: AbortSignal,
  othersGoOn: boolean,
): Promise<void> {
  // What an exporter has begun to send ends by itself; what a processor holds, by its shutdown.
  if (othersGoOn && input && kind === "exporter") await unlessLate(input.idle(), deadline, LAST_CALLS_MS);
  await withinGrace(component.shutdown(deadline), deadline);
  if (othersGoOn && input) await unlessLate(input.idle(), deadline);
}

/** Waits for `work`, but not beyond the deadline. */
async function unlessLate(work: Promise<void>, deadline: AbortSignal, patienceMs?: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = patienceMs === undefined ? undefined : setTimeout(late.resolve, patienceMs);
  const expire = () => late.resolve();
  if (deadline.aborted) expire();
  deadline.addEventListener("abort", expire, { once: true });
  await Promise.race([work, late.promise]);
  deadline.removeEventListener("abort", expire);
  clearTimeout(timer);
}

/** Waits for `work`, but after the deadline only a little longer. */
async function withinGrace(work: Promise<void>, deadline: AbortSignal): Promise<void> {
  const { promise: hung, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const expire = () => {
    timer = setTimeout(() => reject(new Error("did not stop at the deadline")), GRACE_MS);
  };
  if (deadline.aborted) expire();
  else deadline.addEventListener("abort", expire, { once: true });
  try {
    await Promise.race([work, hung]);
  } finally {
    deadline.removeEventListener("abort", expire);
    clearTimeout(timer);
  }
}
