// The order of start: what takes data before what gives it. There is none when connectors lead in a circle.
import { ConfigError } from "../../confmap/decode.ts";
import type { NodePlan } from "./plan.ts";

/** Sorts nodes so that each comes after everything it feeds, receivers last. Throws a ConfigError that shows a cycle. */
export function inStartOrder(nodes: readonly NodePlan[]): readonly NodePlan[] {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const ordered = new Set<NodePlan>();
  const path: NodePlan[] = [];
  const visit = (node: NodePlan): void => {
    if (ordered.has(node)) return;
    const start = path.indexOf(node);
    if (start >= 0) throw new ConfigError(cycle(path.slice(start)));
    path.push(node);
    for (const key of fed(node)) visit(byKey.get(key)!);
    path.pop();
    ordered.add(node);
  };
  for (const node of nodes.filter(({ kind }) => kind !== "receiver")) visit(node);
  for (const node of nodes) visit(node);
  return [...ordered];
}

function fed(node: NodePlan): readonly string[] {
  return node.outputs.flatMap(({ targets }) => targets.flatMap((target) => target.nodes));
}

/** Shown from a connector on, which every cycle has, and closed. */
function cycle(nodes: readonly NodePlan[]): string {
  const first = nodes.findIndex(({ kind }) => kind === "connector");
  const turned = [...nodes.slice(first), ...nodes.slice(0, first)];
  return `cycle detected: ${[...turned, turned[0]!].map(shown).join(" -> ")}`;
}

function shown({ kind, configured, signal, to, pipelineIds }: NodePlan): string {
  const id = JSON.stringify(configured.id);
  if (kind === "connector") return `connector ${id} (${signal} to ${to})`;
  return `${kind} ${id} in pipeline ${JSON.stringify(pipelineIds[0])}`;
}
