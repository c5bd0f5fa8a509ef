// What the observed server loses, by pairs of runs without and with the agent, one right after the other.
import { type Ends, type Mode, startAgent } from "./agent.ts";
import type { Figure, Section } from "./figure.ts";
import type { Plan } from "./plan.ts";
import { cpuUs } from "./proc.ts";
import type { MeasuredServer } from "./servers.ts";
import type { Sink } from "./sink.ts";
import { spread } from "./stats.ts";
import { load } from "./wrk.ts";

/** A run of the saturated server. */
interface Run {
  /** CPU time of the server for one request. */
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

interface Pair {
  readonly off: Run;
  readonly on: Run;
}

interface Kind {
  readonly mode: Mode;
  readonly ends: Ends;
  readonly pairs: Pair[];
}

/** Most a server may lose, in percent, by what the agent is asked for. */
export type Limits = Readonly<Record<"metrics" | "spans", number>>;

export async function pairedRuns(
  server: MeasuredServer,
  sink: Sink,
  plan: Plan,
  limits: Limits,
): Promise<Section[]> {
  const kinds: Kind[] = (["metrics", "spans"] as const).flatMap((mode) =>
    plan.ends.map((ends) => ({ mode, ends, pairs: [] })),
  );
  const end = performance.now() + plan.pairsMs;
  await load({ url: server.url, seconds: plan.seconds });
  for (let i = 0; i < plan.pairs && (i === 0 || performance.now() < end); i++)
    for (const kind of kinds) kind.pairs.push(await pair(server, sink, plan.seconds, kind));
  return kinds.map((kind) => section(server, kind, limits));
}

async function pair(
  server: MeasuredServer,
  sink: Sink,
  seconds: number,
  { mode, ends }: Kind,
): Promise<Pair> {
  const off = await run(server, seconds);
  await using _agent = await startAgent({ mode, ends, port: server.port, endpoint: sink.endpoint });
  return { off, on: await run(server, seconds) };
}

async function run({ pid, url }: MeasuredServer, seconds: number): Promise<Run> {
  const before = cpuUs(pid);
  const { requests, durationUs, p50Us, p99Us } = await load({ url, seconds });
  return { cpuUs: (cpuUs(pid) - before) / requests, perSecond: (requests / durationUs) * 1e6, p50Us, p99Us };
}

function section({ name }: MeasuredServer, { mode, ends, pairs }: Kind, limits: Limits): Section {
  const what = mode === "spans" ? "every span exported" : "metrics only";
  const observed = ends === "both" ? "server and client observed" : "server observed";
  const limit = limits[mode === "spans" ? "spans" : "metrics"];
  return {
    title: `${name}, one core, saturated: ${what}, ${observed}`,
    figures: [
      of(
        "server CPU per request, agent off",
        "us",
        pairs.map(({ off }) => off.cpuUs),
      ),
      of(
        "server CPU per request, agent on",
        "us",
        pairs.map(({ on }) => on.cpuUs),
      ),
      {
        ...of("requests per second of server CPU, lost", "%", pairs.map(lostCapacity)),
        target: { atMost: limit },
      },
      of("requests per second, lost", "%", pairs.map(lostThroughput), SHARED),
      of(
        "latency p50, on / off",
        "",
        pairs.map(({ off, on }) => on.p50Us / off.p50Us),
      ),
      of(
        "latency p99, on / off",
        "",
        pairs.map(({ off, on }) => on.p99Us / off.p99Us),
      ),
    ],
  };
}

const SHARED = "by the clock: client, agent and backend share what cores are left";

/** What a server that has its core to itself can answer less. */
function lostCapacity({ off, on }: Pair): number {
  return 100 * (1 - off.cpuUs / on.cpuUs);
}

function lostThroughput({ off, on }: Pair): number {
  return 100 * (1 - on.perSecond / off.perSecond);
}

function of(name: string, unit: string, values: readonly number[], note?: string): Figure {
  const all = spread(values);
  return { name, unit, value: all.median, spread: all, ...(note && { note }) };
}
