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
import { load } from "./wrk.ts";

/** Runs and time of all programs for one request, both ends together. */
interface Cost {
  readonly runs: number;
  readonly ns: number;
}

/** A port at which nobody listens: whoever observes it observes nothing. */
const NOBODY = 1;

/** Runs and nanoseconds per request of one side: metrics only, with spans at a ratio of 0, with every span. */
export async function kernelCost(sink: Sink, plan: Plan): Promise<Figure[]> {
  const libbpf = loadLibbpf();
  await using nginx = await startNginx();
  const empty = openEmpty(libbpf);
  const statistics = libbpf.enableStats();
  const costOf = (options: Pick<AgentOptions, "mode" | "ends"> & { readonly port?: number }) =>
    measure({ port: nginx.port, endpoint: sink.endpoint, ...options }, nginx.url, plan.seconds);
  try {
    const ignored = await costOf({ mode: "metrics", ends: "both", port: NOBODY });
    const floorNs = nsPerRun(empty.programs);
    const figures = [
      figure("runs of programs", Math.round(ignored.runs * 5) / 10, "", { atMost: 2 }, OPENED),
      figure("one run of an empty program on the same hooks", floorNs, "ns", undefined, FLOOR),
      figure("request of a process that is not observed, net", net(half(ignored), floorNs), "ns"),
    ];
    for (const [mode, name, atMost] of KINDS) {
      const server = minus(await costOf({ mode, ends: "server" }), half(ignored));
      const both = half(await costOf({ mode, ends: "both" }));
      figures.push(
        figure(`${name}, server's side, net`, net(server, floorNs), "ns", { atMost }),
        figure(`${name}, server's side, as the kernel says`, server.ns, "ns"),
        figure(`${name}, mean of both sides, net`, net(both, floorNs), "ns"),
      );
    }
    return figures;
  } finally {
    statistics.close();
    empty.close();
  }
}

const KINDS = [
  ["metrics", "metrics only", 600],
  ["ratio 0", "spans at ratio 0", 600],
  ["spans", "every span", 1000],
] as const;

const OPENED = "beside those of opening and closing connections";
const FLOOR = "in every run: the clock reads of the statistics";

async function measure(options: AgentOptions, url: string, seconds: number): Promise<Cost> {
  await using agent = await startAgent(options);
  await load({ url, seconds: 1 });
  const before = bpfOf(agent.pid);
  const { requests } = await load({ url, seconds });
  const after = bpfOf(agent.pid);
  return { runs: (after.runs - before.runs) / requests, ns: (after.timeNs - before.timeNs) / requests };
}

/** Without what the statistics themselves take. */
function net({ runs, ns }: Cost, floorNs: number): number {
  return ns - runs * floorNs;
}

function half({ runs, ns }: Cost): Cost {
  return { runs: runs / 2, ns: ns / 2 };
}

function minus(a: Cost, b: Cost): Cost {
  return { runs: a.runs - b.runs, ns: a.ns - b.ns };
}

function nsPerRun(programs: readonly BpfProgram[]): number {
  const infos = programs.map((program) => program.info());
  const total = (field: "runTimeNs" | "runCount") =>
    Number(infos.reduce((sum, info) => sum + info[field], 0n));
  return total("runTimeNs") / total("runCount");
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
