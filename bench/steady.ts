// The agent at a steady ten thousand requests a second: memory, and how soon spans arrive.
import { startAgent } from "./agent.ts";
import type { Figure } from "./figure.ts";
import type { Plan } from "./plan.ts";
import { bpfOf, cpuUs, memoryOf } from "./proc.ts";
import { startNginx } from "./servers.ts";
import type { Sink } from "./sink.ts";
import { quantile } from "./stats.ts";
import { load } from "./wrk.ts";

/** Each connection asks once in so long, and the time its answer takes. */
const PACE_MS = 9;
const CONNECTIONS = 100;
const WARM_UP_SECONDS = 2;
const MIB = 2 ** 20;

/** One end observed, every span exported, metrics each second. */
export async function steady(sink: Sink, plan: Plan): Promise<Figure[]> {
  await using nginx = await startNginx();
  await using agent = await startAgent({
    mode: "spans",
    ends: "server",
    port: nginx.port,
    endpoint: sink.endpoint,
    intervalMs: 1000,
  });
  const pace = { url: nginx.url, connections: CONNECTIONS, paceMs: PACE_MS };
  await load({ ...pace, seconds: WARM_UP_SECONDS });
  await sink.settle();
  await sink.reset();
  const before = cpuUs(agent.pid);
  const { requests, durationUs } = await load({ ...pace, seconds: plan.agentSeconds });
  const memory = memoryOf(agent.pid);
  const { delaysMs } = await sink.settle();
  const cpu = cpuUs(agent.pid) - before;
  const { mapBytes, programBytes } = bpfOf(agent.pid);
  return [
    { name: "requests", unit: "/s", value: (requests / durationUs) * 1e6 },
    { name: "agent CPU per request", unit: "us", value: cpu / requests },
    { name: "BPF map memory", unit: "MiB", value: mapBytes / MIB, target: { atMost: 16 } },
    { name: "BPF program memory", unit: "MiB", value: programBytes / MIB },
    { name: "agent anonymous memory", unit: "MB", value: memory.anonymous / 1e6, target: { atMost: 40 } },
    { name: "agent RSS", unit: "MB", value: memory.rss / 1e6, note: "with Node.js's own code, shared" },
    { name: "end of a request to its span's arrival, p50", unit: "ms", value: quantile(delaysMs, 0.5) },
    { name: "end of a request to its span's arrival, p99", unit: "ms", value: quantile(delaysMs, 0.99) },
  ];
}
