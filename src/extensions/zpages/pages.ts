// What the pages show.
import { availableParallelism, hostname } from "node:os";
import { memoryUsage } from "node:process";
import type { Status } from "../../component/index.ts";
import type { ComponentView, PipelineView, ServiceView } from "../../component/view.ts";
import { formatDurationMs } from "../../confmap/duration.ts";
import { featureGates } from "../../featuregate/index.ts";
import { type Html, html, page } from "./html.ts";

const REFRESH_SECONDS = 5;

/** The pages, by the last part of their path. */
export const pages: Readonly<Record<string, (view: ServiceView) => string>> = {
  servicez: (view) => page("servicez", "Service", service(view), REFRESH_SECONDS),
  pipelinez: (view) => page("pipelinez", "Pipelines", html`${view.pipelines.map(pipeline)}`, REFRESH_SECONDS),
  extensionz: (view) => page("extensionz", "Extensions", extensions(view), REFRESH_SECONDS),
  featurez: () => page("featurez", "Feature gates", features()),
};

function service({ buildInfo, startTime, pipelines, extensions: running }: ServiceView): Html {
  const uptimeMs = Math.floor((Date.now() - startTime.getTime()) / 1000) * 1000;
  return html`${properties("Build", [
    ["Command", buildInfo.command],
    ["Description", buildInfo.description],
    ["Version", buildInfo.version],
  ])}${properties("Runtime", [
    ["Started", startTime.toISOString()],
    ["Uptime", formatDurationMs(uptimeMs)],
    ["Host", hostname()],
    ["Process", `${process.pid}, Node.js ${process.version}, ${process.platform} ${process.arch}`],
    ["CPUs", availableParallelism()],
    ["Memory", `${(memoryUsage.rss() / 2 ** 20).toFixed(1)} MiB resident`],
  ])}${properties("Service", [
    ["Pipelines", html`<a href="/debug/pipelinez">${pipelines.length}</a>`],
    ["Extensions", html`<a href="/debug/extensionz">${running.length}</a>`],
  ])}`;
}

function properties(title: string, rows: readonly (readonly [string, unknown])[]): Html {
  return html`<h2>${title}</h2><table>${rows.map(([key, value]) => html`<tr><th>${key}</th><td>${value}</td></tr>`)}</table>`;
}

/** A pipeline as data passes through it, with the items of each of its components. */
function pipeline({ id, signal, mutatesData, receivers, processors, exporters }: PipelineView): Html {
  const note = `${signal}${mutatesData ? ", changes data" : ""}`;
  const rows = [...receivers, ...processors, ...exporters].map(component);
  return html`<h2 id="${id}">${id} <small>${note}</small></h2>
<table><tr><th>Component</th><th>Status</th><th class="number">In</th><th class="number">Refused</th><th class="number">Out</th></tr>${rows}</table>`;
}

function component(view: ComponentView): Html {
  const { kind, id, items } = view;
  const numbers = [items.in, items.refused, items.out].map(
    (count) => html`<td class="number">${count?.toLocaleString("en")}</td>`,
  );
  return html`<tr><td>${id} <small>${kind}</small></td><td>${status(view)}</td>${numbers}</tr>`;
}

const CLASSES: Readonly<Record<Status, string>> = {
  starting: "busy",
  ok: "ok",
  recoverable_error: "error",
  permanent_error: "error",
  fatal_error: "error",
  stopping: "busy",
  stopped: "busy",
};

function status({ status: event }: ComponentView): Html {
  if (!event) return html``;
  const { status: name, cause, time } = event;
  const why = cause === undefined ? "" : `: ${cause instanceof Error ? cause.message : String(cause)}`;
  const since = time.toISOString();
  return html`<span class="${CLASSES[name]}" title="since ${since}">${name.replaceAll("_", " ")}${why}</span>`;
}

function extensions({ extensions: running }: ServiceView): Html {
  const rows = running.map((one) => html`<tr><td>${one.id}</td><td>${status(one)}</td></tr>`);
  return html`<table><tr><th>Extension</th><th>Status</th></tr>${rows}</table>`;
}

function features(): Html {
  const rows = featureGates.gates.map(
    ({ info, enabled }) =>
      html`<tr><td>${info.id}</td><td>${enabled}</td><td>${info.description}</td><td>${info.stage}</td><td>${info.fromVersion}</td></tr>`,
  );
  return html`<table><tr><th>ID</th><th>Enabled</th><th>Description</th><th>Stage</th><th>From version</th></tr>${rows}</table>`;
}
