// What the agent itself takes under full load, and whether it missed anything.
import { type Mode, startAgent } from "./agent.ts";
import type { Section } from "./figure.ts";
import type { Plan } from "./plan.ts";
import { cpuUs } from "./proc.ts";
import { type CountingServer, startNginx } from "./servers.ts";
import type { Report, Sink } from "./sink.ts";
import { load } from "./wrk.ts";

/** Until V8 has compiled what is hot. */
const WARM_UP_SECONDS = 2;
/** A tenth of the default: several collections are part of the cost. */
const INTERVAL_MS = 1000;

interface Cost {
  readonly perSecond: number;
  readonly agentUs: number;
  readonly sinkUs: number;
  /** Of the whole life of the agent: asked as nginx and wrk count, and what arrived. */
  readonly asked: { readonly nginx: number; readonly wrk: number };
  readonly report: Report;
  readonly losses: Readonly<Record<string, number>>;
}

/** Agent CPU per request and completeness, with both ends observed. */
export async function agentCost(sink: Sink, plan: Plan): Promise<Section[]> {
  await using nginx = await startNginx();
  const metrics = await measure(nginx, sink, "metrics", plan.agentSeconds);
  const spans = await measure(nginx, sink, "spans", plan.agentSeconds);
  return [costSection(metrics, spans), completeness("metrics only", metrics), spanCompleteness(spans)];
}

async function measure(nginx: CountingServer, sink: Sink, mode: Mode, seconds: number): Promise<Cost> {
  const { url, port } = nginx;
  await sink.reset();
  await using agent = await startAgent({
    mode,
    ends: "both",
    port,
    endpoint: sink.endpoint,
    intervalMs: INTERVAL_MS,
  });
  const before = await nginx.requests();
  const warmUp = await load({ url, seconds: WARM_UP_SECONDS });
  await sink.settle();
  const [agentBefore, sinkBefore] = [cpuUs(agent.pid), sink.cpuUs];
  const run = await load({ url, seconds });
  await sink.settle();
  const [agentAfter, sinkAfter] = [cpuUs(agent.pid), sink.cpuUs];
  const asked = { nginx: (await nginx.requests()) - before, wrk: warmUp.requests + run.requests };
  const losses = await agent.stop();
  return {
    perSecond: (run.requests / run.durationUs) * 1e6,
    agentUs: (agentAfter - agentBefore) / run.requests / 2,
    sinkUs: (sinkAfter - sinkBefore) / run.requests / 2,
    asked,
    report: await sink.report(),
    losses,
  };
}

function costSection(metrics: Cost, spans: Cost): Section {
  const spansPerRequest = spans.report.spans / (spans.report.requests.server + spans.report.requests.client);
  return {
    title: "agent, full load, both ends observed: each request is two, a server's and a client's",
    figures: [
      { name: "requests, metrics only", unit: "/s", value: 2 * metrics.perSecond },
      {
        name: "agent CPU per request, metrics only",
        unit: "us",
        value: metrics.agentUs,
        target: { atMost: 0.2 },
      },
      { name: "requests, every span exported", unit: "/s", value: 2 * spans.perSecond },
      {
        name: "agent CPU per request, every span exported over OTLP/gRPC",
        unit: "us",
        value: spans.agentUs,
        target: { atMost: 3 },
      },
      { name: "agent CPU per span", unit: "us", value: spans.agentUs / spansPerRequest },
      { name: "the backend's CPU per span", unit: "us", value: spans.sinkUs / spansPerRequest },
      { name: "OTLP per span", unit: "bytes", value: spans.report.spanBytes / spans.report.spans },
    ],
  };
}

function completeness(name: string, { asked, report }: Cost): Section {
  return {
    title: `completeness, ${name}`,
    figures: [
      {
        name: "server's requests in metrics, of those nginx counted",
        unit: "%",
        value: (100 * report.requests.server) / asked.nginx,
        target: { exactly: 100 },
        note: `${report.requests.server} of ${asked.nginx}`,
      },
      {
        name: "client's answered requests in metrics, of those wrk counted",
        unit: "%",
        value: (100 * report.answered.client) / asked.wrk,
        target: { exactly: 100 },
        note: `${report.answered.client} of ${asked.wrk}`,
      },
    ],
  };
}

function spanCompleteness(cost: Cost): Section {
  const { report, losses } = cost;
  const { title, figures } = completeness("every span exported", cost);
  const lost = Object.values(losses).reduce((sum, count) => sum + count, 0);
  const requests = report.requests.server + report.requests.client;
  return {
    title,
    figures: [
      ...figures,
      {
        name: "spans that arrived and spans counted as lost, of the requests",
        unit: "%",
        value: (100 * (report.spans + lost)) / requests,
        target: { exactly: 100 },
        note: `${report.spans} + ${lost} of ${requests}`,
      },
      {
        name: "spans lost because the ring was full",
        unit: "%",
        value: (100 * (losses.ring_full ?? 0)) / requests,
      },
    ],
  };
}
