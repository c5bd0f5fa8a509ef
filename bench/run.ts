// `npm run bench`: measures what the agent costs and prints one table. See docs/benchmarks.md.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { hasProgram } from "../test/support/servers.ts";
import { agentCost } from "./agent-cost.ts";
import { type Conditions, conditions, loadAverage } from "./conditions.ts";
import type { Figure, Section } from "./figure.ts";
import { idle, starts } from "./idle.ts";
import { kernelCost } from "./kernel-cost.ts";
import { pairedRuns } from "./pairs.ts";
import { DEFAULT_PLAN, type Plan, QUICK_PLAN } from "./plan.ts";
import { startGo, startNginx } from "./servers.ts";
import { Sink } from "./sink.ts";
import { steady } from "./steady.ts";
import { table } from "./table.ts";

/** Something to measure, and the programs it needs. */
interface Subject {
  readonly title: string;
  readonly needs: readonly string[];
  measure(sink: Sink, plan: Plan): Promise<Section[]>;
}

const SUBJECTS: readonly Subject[] = [
  one("in the kernel, for one request at one end of its connection", ["nginx", "wrk", "clang"], kernelCost),
  {
    title: "nginx, one worker",
    needs: ["nginx", "wrk"],
    async measure(sink, plan) {
      await using server = await startNginx();
      return await pairedRuns(server, sink, plan, { metrics: 4, spans: 8 });
    },
  },
  {
    title: "Go net/http, one core",
    needs: ["go", "wrk"],
    async measure(sink, plan) {
      await using server = await startGo();
      return await pairedRuns(server, sink, plan, { metrics: 2, spans: 4 });
    },
  },
  { title: "agent, full load", needs: ["nginx", "wrk"], measure: agentCost },
  one("agent, steady load, server observed, every span exported", ["nginx", "wrk"], steady),
  one("agent, start", [], starts),
  one("agent, idle, every process observed, 200 more of them", [], idle),
];

function one(
  title: string,
  needs: readonly string[],
  figures: (sink: Sink, plan: Plan) => Promise<Figure[]>,
): Subject {
  return { title, needs, measure: async (sink, plan) => [{ title, figures: await figures(sink, plan) }] };
}

/** A subject that cannot be measured here does not keep the others from it. */
async function measure(subject: Subject, sink: Sink, plan: Plan): Promise<Section[]> {
  const { title, needs } = subject;
  const missing = needs.filter((program) => !hasProgram(program));
  if (missing.length > 0) return [{ title, figures: [], skipped: `${missing.join(", ")} not installed` }];
  process.stderr.write(`  measuring ${title}\n`);
  try {
    return await subject.measure(sink, plan);
  } catch (error) {
    return [{ title, figures: [], skipped: `${error instanceof Error ? error.message : error}` }];
  }
}

function describe(all: Conditions): string {
  return Object.entries(all)
    .map(([name, value]) => `${name.padEnd(12)}${value}`)
    .join("\n");
}

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, json: { type: "string" }, only: { type: "string" } },
});

if (process.geteuid?.() !== 0) {
  console.log("bench: skipped, since the agent needs root to watch the kernel; run it as root");
  process.exit();
}

const begin = performance.now();
const before = conditions();
const sections: Section[] = [];
const sink = await Sink.start();
for (const subject of SUBJECTS.filter(({ title }) => title.includes(values.only ?? "")))
  sections.push(...(await measure(subject, sink, values.quick ? QUICK_PLAN : DEFAULT_PLAN)));
await sink.stop();
const seconds = `${((performance.now() - begin) / 1000).toFixed(0)} s`;
const all = { ...before, "load after": loadAverage(), took: seconds };
console.log(`${describe(all)}\n\n${table(sections)}`);
if (values.json)
  writeFileSync(values.json, `${JSON.stringify({ conditions: all, sections }, undefined, 2)}\n`);
