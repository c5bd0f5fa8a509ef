// What `/status` answers: how all is, and with `?verbose`, how each component is.

import type { StatusEvent } from "../../component/extension.ts";
import type { Status } from "../../component/index.ts";
import type { ComponentView, ServiceView } from "../../component/view.ts";
import type { HttpAnswer } from "../../config/http-server/request.ts";
import type { ComponentHealthConfig } from "./config.ts";

/** A component, with the last that is known of it. */
interface Known {
  readonly component: ComponentView;
  readonly event: StatusEvent;
}

/** From the worst to the best, as errors outweigh changes and both outweigh that all is well. */
const RANKS: readonly Status[] = [
  "fatal_error",
  "permanent_error",
  "recoverable_error",
  "stopping",
  "stopped",
  "starting",
  "ok",
];

const HTTP_STATUS: Readonly<Record<Status, number>> = {
  starting: 503,
  ok: 200,
  recoverable_error: 200,
  permanent_error: 200,
  fatal_error: 500,
  stopping: 503,
  stopped: 503,
};

interface Shown {
  readonly start_time?: Date;
  readonly healthy: boolean;
  readonly status: string;
  readonly error?: string;
  readonly status_time: Date;
  readonly attributes: object;
  readonly components?: Readonly<Record<string, Shown>>;
}

/** Answers for all components, or those of one pipeline. */
export function statusAnswer(
  view: ServiceView,
  query: URLSearchParams,
  health: ComponentHealthConfig | undefined,
): HttpAnswer {
  const scopes = scopesOf(view, query.get("pipeline") ?? "");
  const all = [...scopes.values()].flat();
  if (all.length === 0) return { status: 404, headers: {}, body: "" };
  const isVerbose = query.has("verbose") && query.get("verbose") !== "false";
  const parts = isVerbose ? [...scopes].map(([name, part]) => [name, details(part, health)] as const) : [];
  const shown: Shown = {
    start_time: view.startTime,
    ...summary(all, health),
    ...(isVerbose && { components: Object.fromEntries(parts) }),
  };
  const status = health && !shown.healthy ? 500 : HTTP_STATUS[worst(all).event.status];
  return { status, headers: { "Content-Type": "application/json" }, body: JSON.stringify(shown) };
}

/** The components by `extensions` and `pipeline:ID`; of one pipeline when it is named. */
function scopesOf(
  { pipelines, extensions }: ServiceView,
  pipeline: string,
): ReadonlyMap<string, readonly Known[]> {
  const scopes: [string, readonly ComponentView[]][] = pipelines
    .filter(({ id }) => pipeline === "" || id === pipeline)
    .map(({ id, receivers, processors, exporters }) => [
      `pipeline:${id}`,
      [...receivers, ...processors, ...exporters],
    ]);
  if (pipeline === "") scopes.push(["extensions", extensions]);
  const withStatus = scopes.map(([name, components]) => [name, components.flatMap(known)] as const);
  return new Map(withStatus.filter(([, part]) => part.length > 0));
}

function known(component: ComponentView): Known[] {
  return component.status ? [{ component, event: component.status }] : [];
}

function details(part: readonly Known[], health: ComponentHealthConfig | undefined): Shown {
  const components = part.map((one) => [`${one.component.kind}:${one.component.id}`, summary([one], health)]);
  return { ...summary(part, health), components: Object.fromEntries(components) };
}

function summary(part: readonly Known[], health: ComponentHealthConfig | undefined): Shown {
  const { status, cause, time } = worst(part).event;
  return {
    healthy: part.every(({ event }) => isHealthy(event, health)),
    status: `Status${status === "ok" ? "OK" : pascal(status)}`,
    ...(cause !== undefined && { error: cause instanceof Error ? cause.message : String(cause) }),
    status_time: time,
    attributes: {},
  };
}

/** The earliest of the worst. */
function worst(part: readonly Known[]): Known {
  const rank = ({ event }: Known) => RANKS.indexOf(event.status);
  return part.toSorted((a, b) => rank(a) - rank(b) || Number(a.event.time) - Number(b.event.time))[0]!;
}

/** Without settings, everything that answers is healthy, as upstream has it. */
function isHealthy({ status, time }: StatusEvent, health: ComponentHealthConfig | undefined): boolean {
  if (!health) return true;
  if (status === "permanent_error") return !health.includePermanentErrors;
  if (status === "recoverable_error" && health.includeRecoverableErrors)
    return Date.now() < time.getTime() + health.recoveryDurationMs;
  return status !== "fatal_error";
}

function pascal(status: Status): string {
  return status.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
}
