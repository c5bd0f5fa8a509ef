// The running graph as extensions see it.
import type { ComponentView, PipelineView, ServiceView } from "../component/view.ts";
import { signalOf } from "./graph/plan.ts";
import type { Graph, Node } from "./graph.ts";
import type { Statuses } from "./statuses.ts";

/** Every pipeline with its components and what passed through them. */
export function pipelineViews({ nodes, config }: Graph, statuses: Statuses): readonly PipelineView[] {
  return Object.entries(config.service.pipelines).map(([id, pipeline]) => {
    const members = (ids: readonly string[], isMember: (node: Node) => boolean) =>
      ids.flatMap((componentId) =>
        nodes
          .filter((node) => node.id === componentId && isMember(node))
          .map((node) => componentView(node, statuses, id)),
      );
    const processors = nodes.filter(({ kind, plan }) => kind === "processor" && plan.pipelineIds[0] === id);
    const takers = nodes.filter((node) => isTaker(node, id));
    return {
      id,
      signal: signalOf(id),
      mutatesData: [...processors, ...takers].some(({ input }) => input?.capabilities.mutatesData),
      receivers: members(pipeline.receivers, (node) => isGiver(node, id)),
      processors: members(pipeline.processors, (node) => processors.includes(node)),
      exporters: members(pipeline.exporters, (node) => takers.includes(node)),
    };
  });
}

/** The extensions, in the order of their start. */
export function extensionViews({ nodes }: Graph, statuses: Statuses): ServiceView["extensions"] {
  return nodes.filter(({ kind }) => kind === "extension").map((node) => componentView(node, statuses));
}

function isGiver({ kind, plan }: Node, pipelineId: string): boolean {
  if (kind === "receiver") return plan.pipelineIds.includes(pipelineId);
  return kind === "connector" && plan.outputs.some(({ targets }) => targets[0]?.pipelineId === pipelineId);
}

function isTaker({ kind, plan }: Node, pipelineId: string): boolean {
  const takes = kind === "exporter" || kind === "connector";
  return takes && plan.signal === signalOf(pipelineId) && plan.pipelineIds.includes(pipelineId);
}

/** With what it gave to that pipeline, where it is one that begins it; else with all that it gave. */
function componentView(node: Node, statuses: Statuses, pipelineId?: string): ComponentView {
  const { kind, id, input, outputs, plan } = node;
  const towards = outputs.filter((_, index) =>
    plan.outputs[index]!.targets.some((to) => to.pipelineId === pipelineId),
  );
  const left = towards.length > 0 ? towards : outputs;
  return {
    kind,
    id,
    status: statuses.of(node),
    items: {
      ...(input && { in: input.items, refused: input.refusedItems }),
      ...(left.length > 0 && { out: left.reduce((sum, { items }) => sum + items, 0) }),
    },
  };
}
