// What the agent's programs cost in the kernel, by the kernel's own statistics.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BpfObject, BpfProgram, Libbpf } from "../src/native/libbpf.ts";
import { loadLibbpf } from "../src/native/load.ts";
import { type AgentOptions, startAgent } from "./agent.ts";
import type { Figure } from "./figure.ts";
import type { Plan } from "./plan.ts";
import { bpfOf } from "./proc.ts";
import { startNginx } from "./servers.ts";
import type { Sink } from "./sink.ts";
import { median } from "./stats.ts";
import { load } from "./wrk.ts";

/** What all programs take for one request: of both ends together, or of one. */
interface Cost {
  readonly runs: number;
  /** As the kernel says. */
  readonly ns: number;
  /** Without what the statistics themselves take. */
  readonly netNs: number;
  /** One run of an empty program meanwhile. */
  readonly emptyNs: number;
}

/** A port at which nobody listens: whoever observes it observes nothing. */
const NOBODY = 1;

/** Runs and nanoseconds per request of one side: metrics only, with spans at a ratio of 0, with every span. */
export async function kernelCost(sink: Sink, plan: Plan): Promise<Figure[]> {
  const libbpf = loadLibbpf();
  await using nginx = await startNginx();
  const statistics = libbpf.enableStats();
  const costOf = (options: Pick<AgentOptions, "mode" | "ends"> & { readonly port?: number }) =>
    measure(libbpf, { port: nginx.port, endpoint: sink.endpoint, ...options }, nginx.url, plan);
  try {
    const ignored = half(await costOf({ mode: "metrics", ends: "both", port: NOBODY }));
    const figures = [
      figure("runs of programs", Math.round(ignored.runs * 10) / 10, "", { atMost: 2 }, OPENED),
      figure("one run of an empty program on the same hooks", ignored.emptyNs, "ns", undefined, FLOOR),
      figure("request of a process that is not observed, net", ignored.netNs, "ns"),
    ];
    for (const [mode, name, atMost] of KINDS) {
      const both = await costOf({ mode, ends: "server" });
      const mean = half(await costOf({ mode, ends: "both" }));
      figures.push(
        figure(`${name}, server's side, net`, both.netNs - ignored.netNs, "ns", { atMost }),
        figure(`${name}, server's side, as the kernel says`, both.ns - ignored.ns, "ns"),
        figure(`${name}, mean of both sides, net`, mean.netNs, "ns"),
      );
    }
    return figures;
  } finally {
    statistics.close();
  }
}

const KINDS = [
  ["metrics", "metrics only", 600],
  ["ratio 0", "spans at ratio 0", 600],
  ["spans", "every span", 1000],
] as const;

const OPENED = "beside those of opening and closing connections";
const FLOOR = "in every run: the clock reads of the statistics";

/**
 * The medians of several runs of the client. The empty programs are attached behind the agent's, which pay for being
 * the first at their hooks as they do alone.
 */
async function measure(libbpf: Libbpf, options: AgentOptions, url: string, plan: Plan): Promise<Cost> {
  await using agent = await startAgent(options);
  const empty = openEmpty(libbpf);
  try {
    const costs: Cost[] = [];
    await load({ url, seconds: 1 });
    for (let i = 0; i < plan.kernelRuns; i++) costs.push(await run(agent.pid, empty, url, plan.seconds));
    const of = (field: keyof Cost) => median(costs.map((cost) => cost[field]));
    return { runs: of("runs"), ns: of("ns"), netNs: of("netNs"), emptyNs: of("emptyNs") };
  } finally {
    empty.close();
  }
}

/** One run of the client: what is charged while another task, or an interrupt, has the CPU counts too. */
async function run(pid: number, empty: BpfObject, url: string, seconds: number): Promise<Cost> {
  const [before, emptyBefore] = [bpfOf(pid), totalOf(empty.programs)];
  const { requests } = await load({ url, seconds });
  const [after, emptyAfter] = [bpfOf(pid), totalOf(empty.programs)];
  const emptyNs = (emptyAfter.timeNs - emptyBefore.timeNs) / (emptyAfter.runs - emptyBefore.runs);
  const runs = (after.runs - before.runs) / requests;
  const ns = (after.timeNs - before.timeNs) / requests;
  return { runs, ns, netNs: ns - runs * emptyNs, emptyNs };
}

function half({ runs, ns, netNs, emptyNs }: Cost): Cost {
  return { runs: runs / 2, ns: ns / 2, netNs: netNs / 2, emptyNs };
}

function totalOf(programs: readonly BpfProgram[]): { readonly runs: number; readonly timeNs: number } {
  const infos = programs.map((program) => program.info());
  const total = (field: "runTimeNs" | "runCount") =>
    Number(infos.reduce((sum, info) => sum + info[field], 0n));
  return { runs: total("runCount"), timeNs: total("runTimeNs") };
}

function openEmpty(libbpf: Libbpf): BpfObject {
  const folder = join(import.meta.dirname, "../build/bench");
  const file = join(folder, "empty.bpf.o");
  mkdirSync(folder, { recursive: true });
  execFileSync("clang", [
    "-O2",
    "-g",
    "-target",
    "bpf",
    "-c",
    join(import.meta.dirname, "empty.bpf.c"),
    "-o",
    file,
  ]);
  const object = libbpf.open("empty", readFileSync(file));
  object.load();
  for (const program of object.programs) program.attach();
  return object;
}

function figure(name: string, value: number, unit: string, target?: Figure["target"], note?: string): Figure {
  return { name, unit, value, ...(target && { target }), ...(note && { note }) };
}
