// The agent under measurement: bin/wattspan with a configuration as users write it.
import { Agent } from "../test/support/agent.ts";
import { moveToOthers } from "./cores.ts";
import { endWithUs } from "./own-processes.ts";
import { cpuUs } from "./proc.ts";

/** What the agent is asked for: metrics alone; metrics, and spans at a ratio of 0; every request as a span too. */
export type Mode = "metrics" | "ratio 0" | "spans";
/** Which ends of the connections it observes. */
export type Ends = "server" | "both";

export interface AgentOptions {
  readonly mode: Mode;
  readonly ends: Ends;
  /** Of the observed server; none observes every process. */
  readonly port?: number;
  readonly endpoint: string;
  readonly intervalMs?: number;
}

/** A running agent and what its start took. */
export interface StartedAgent extends AsyncDisposable {
  readonly pid: number;
  readonly readyMs: number;
  readonly readyCpuMs: number;
  /** Ends the agent, which drains first; resolves to what it says that it lost, by counter. May be called twice. */
  stop(): Promise<Readonly<Record<string, number>>>;
}

export async function startAgent(options: AgentOptions): Promise<StartedAgent> {
  const begin = performance.now();
  const agent = await Agent.start(configOf(options));
  const ended = endWithUs(agent.pid);
  const readyMs = performance.now() - begin;
  const readyCpuMs = cpuUs(agent.pid) / 1000;
  moveToOthers(agent.pid);
  const stop = async () => {
    const code = await agent.stop();
    ended();
    if (code !== 0) throw new Error(`the agent ended with ${code}:\n${agent.log.join("\n")}`);
    return lossesIn(agent.log);
  };
  return {
    pid: agent.pid,
    readyMs,
    readyCpuMs,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

/** Sums what the log warns of. */
function lossesIn(log: readonly string[]): Readonly<Record<string, number>> {
  const losses: Record<string, number> = {};
  for (const line of log) {
    const found = /"counter": ?"(\w+)", "?lost": ?(\d+)/.exec(line);
    if (found) losses[found[1]!] = (losses[found[1]!] ?? 0) + Number(found[2]);
  }
  return losses;
}

function configOf({ mode, ends, port, endpoint, intervalMs = 10_000 }: AgentOptions): string {
  const pipeline = "{receivers: [ebpf_http], processors: [memory_limiter, batch], exporters: [otlp_grpc]}";
  const traces = mode === "metrics" ? "" : `traces: ${pipeline}`;
  const spans = mode === "spans" ? "{max_per_second: 4000000}" : "{ratio: 0, errors: false, slower_than: 0s}";
  return `
receivers:
  ebpf_http:
    collection_interval: ${intervalMs}ms
    discovery: {include: [${port === undefined ? "" : `{port: ${port}}`}]}
    roles: [${ends === "both" ? "server, client" : "server"}]
    spans: ${spans}
processors:
  memory_limiter: {check_interval: 1s, limit_mib: 256}
  batch:
exporters:
  otlp_grpc: {endpoint: "${endpoint}", tls: {insecure: true}}
service:
  pipelines:
    metrics: ${pipeline}
    ${traces}
`;
}
