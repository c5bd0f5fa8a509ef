// Starts and stops a graph: downstream first, upstream first, each in its time.
import type { Host, Status } from "../component/index.ts";
import type { Node } from "./graph.ts";
import { errorText } from "./telemetry/encode.ts";

/** After the deadline, how long a component may take to notice it. */
const GRACE_MS = 1000;

/** Told of every status that components report. */
export type OnStatus = (node: Node, status: Status, cause?: unknown) => void;

/** Starts nodes in order. When one fails, those already started are stopped, and the failure is thrown. */
export async function startNodes(
  nodes: readonly Node[],
  onStatus: OnStatus,
  deadlineMs: number,
): Promise<void> {
  const extensions = new Map(nodes.filter(isExtension).map(({ id, component }) => [id, component]));
  for (const [index, node] of nodes.entries()) {
    const host: Host = {
      reportStatus: (status, cause) => onStatus(node, status, cause),
      extension: (id) => extensions.get(id),
    };
    try {
      onStatus(node, "starting");
      await node.component.start(host);
      onStatus(node, "ok");
    } catch (cause) {
      await stopNodes(nodes.slice(0, index + 1), onStatus, deadlineMs);
      const message = `cannot start pipelines: failed to start ${JSON.stringify(node.id)} ${node.kind}: ${errorText(cause)}`;
      throw new Error(message, { cause });
    }
  }
}

function isExtension({ kind }: Node): boolean {
  return kind === "extension";
}

/**
 * Stops nodes in reverse order, giving all of them together `deadlineMs` to drain. Goes on when one fails or hangs.
 * Gives the failures.
 */
export async function stopNodes(
  nodes: readonly Node[],
  onStatus: OnStatus,
  deadlineMs: number,
): Promise<readonly Error[]> {
  const failures: Error[] = [];
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new Error(`data was not drained within ${deadlineMs / 1000} s of shutdown`)),
    deadlineMs,
  );
  for (const node of nodes.toReversed()) {
    onStatus(node, "stopping");
    try {
      await withinGrace(node.component.shutdown(deadline.signal), deadline.signal);
      onStatus(node, "stopped");
    } catch (cause) {
      const message = `failed to shutdown ${JSON.stringify(node.id)} ${node.kind}: ${errorText(cause)}`;
      failures.push(new Error(message, { cause }));
    }
  }
  clearTimeout(timer);
  return failures;
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
