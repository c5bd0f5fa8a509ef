// What the observed server loses, by pairs of runs without and with the agent, one right after the other.
import { type Ends, type Mode, startAgent } from "./agent.ts";
import type { Figure, Section } from "./figure.ts";
import type { Plan } from "./plan.ts";
import { cpuUs } from "./proc.ts";
import type { MeasuredServer } from "./servers.ts";
import type { Sink } from "./sink.ts";
import { spread } from "./stats.ts";
import { type LoadOptions, load } from "./wrk.ts";

/**
 * Where every span is exported, client, agent and backend share the other processors. Saturated, they would starve the
 * server of requests, which then pays more CPU time for each, as an idle one does: it would look like the agent's cost.
 * So there the server is asked as much with the agent as without it, and no more than all of them have time for.
 */
const SAME_LOAD: Pace = { connections: 100, paceMs: 5 };
const SATURATED: Pace = {};
/** Until V8 has compiled what is hot: before, the agent takes several times as much of the client's processor. */
const WARM_UP_SECONDS = 1;

type Pace = Pick<LoadOptions, "connections" | "paceMs">;

/** A run of the loaded server. */
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
  const loaded = { url: server.url, seconds, ...paceOf(mode) };
  const off = await run(server.pid, loaded);
  await using _agent = await startAgent({ mode, ends, port: server.port, endpoint: sink.endpoint });
  if (mode === "spans") await load({ ...loaded, seconds: WARM_UP_SECONDS });
  return { off, on: await run(server.pid, loaded) };
}

function paceOf(mode: Mode): Pace {
  return mode === "spans" ? SAME_LOAD : SATURATED;
}

async function run(pid: number, options: LoadOptions): Promise<Run> {
  const before = cpuUs(pid);
  const { requests, durationUs, p50Us, p99Us } = await load(options);
  return { cpuUs: (cpuUs(pid) - before) / requests, perSecond: (requests / durationUs) * 1e6, p50Us, p99Us };
}

function section({ name }: MeasuredServer, { mode, ends, pairs }: Kind, limits: Limits): Section {
  const what = mode === "spans" ? "the same load: every span exported" : "saturated: metrics only";
  const observed = ends === "both" ? "server and client observed" : "server observed";
  const limit = limits[mode === "spans" ? "spans" : "metrics"];
  return {
    title: `${name}, one core, ${what}, ${observed}`,
    figures: [
      of(
        "requests per second, agent off",
        "/s",
        pairs.map(({ off }) => off.perSecond),
      ),
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
      of(
        "requests per second, lost",
        "%",
        pairs.map(lostThroughput),
        mode === "spans" ? "offered alike: none, where all had time" : "by the clock, of the client's too",
      ),
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

/** What a server that has its core to itself can answer less of. */
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
