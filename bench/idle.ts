// The agent with nothing to do: its start, and what it takes to watch processes that rest.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { stopChild } from "../test/support/servers.ts";
import { type AgentOptions, startAgent } from "./agent.ts";
import type { Figure } from "./figure.ts";
import type { Plan } from "./plan.ts";
import { cpuUs, memoryOf } from "./proc.ts";
import type { Sink } from "./sink.ts";
import { spread } from "./stats.ts";

const PROCESSES = 200;
/** After its start the agent reads what runs, and V8 cleans up. */
const SETTLE_MS = 2000;

export async function starts(sink: Sink, plan: Plan): Promise<Figure[]> {
  const readyMs: number[] = [];
  const cpuMs: number[] = [];
  for (let i = 0; i < plan.starts; i++) {
    await using agent = await startAgent(everything(sink));
    readyMs.push(agent.readyMs);
    cpuMs.push(agent.readyCpuMs);
  }
  return [
    { name: "start to ready", unit: "ms", value: spread(readyMs).median, spread: spread(readyMs) },
    { name: "CPU time until ready", unit: "ms", value: spread(cpuMs).median, spread: spread(cpuMs) },
  ];
}

export async function idle(sink: Sink, plan: Plan): Promise<Figure[]> {
  const sleepers = Array.from({ length: PROCESSES }, () => spawn("sleep", ["300"], { stdio: "ignore" }));
  try {
    await using agent = await startAgent(everything(sink));
    await sleep(SETTLE_MS);
    const [before, begin] = [cpuUs(agent.pid), performance.now()];
    await sleep(plan.idleSeconds * 1000);
    const cpu = cpuUs(agent.pid) - before;
    const elapsedUs = (performance.now() - begin) * 1000;
    const memory = memoryOf(agent.pid);
    return [
      { name: "agent CPU", unit: "% of a core", value: (100 * cpu) / elapsedUs, target: { atMost: 0.2 } },
      { name: "agent anonymous memory", unit: "MB", value: memory.anonymous / 1e6 },
      { name: "agent RSS", unit: "MB", value: memory.rss / 1e6 },
    ];
  } finally {
    await Promise.all(sleepers.map((child) => stopChild(child)));
  }
}

function everything({ endpoint }: Sink): AgentOptions {
  return { mode: "spans", ends: "both", endpoint };
}
