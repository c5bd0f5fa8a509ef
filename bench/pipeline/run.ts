// `npm run bench:pipeline`: what pipelines cost, and how that compares with a Collector's (--peer PATH). See docs/benchmarks.md.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { conditions, loadAverage } from "../conditions.ts";
import { median } from "../stats.ts";
import { HelperProcess } from "./helper-process.ts";
import { type Ends, measure, type Throughput } from "./measure.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

const { values } = parseArgs({
  options: {
    peer: { type: "string" },
    only: { type: "string" },
    quick: { type: "boolean" },
    json: { type: "string" },
  },
});
const SECONDS = values.quick ? 2 : 4;
const ROUNDS = values.quick ? 1 : 3;

/** A scenario's figures: medians over the rounds; the ratio is of pairs that ran one right after the other. */
interface Row {
  readonly name: string;
  readonly itemsPerCpuSecond: number;
  readonly peakRssBytes: number;
  readonly lost: number;
  readonly peerItemsPerCpuSecond?: number;
  readonly peerPeakRssBytes?: number;
  readonly ratio?: number;
  readonly target: number;
}

async function rowOf(scenario: Scenario, ends: Ends): Promise<Row> {
  process.stderr.write(`  measuring ${scenario.name}\n`);
  const own: Throughput[] = [];
  const peer: Throughput[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    own.push(await measure(scenario, ends, SECONDS));
    if (values.peer) peer.push(await measure(scenario, ends, SECONDS, values.peer));
  }
  const middle = (all: readonly Throughput[], key: keyof Throughput) => median(all.map((one) => one[key]));
  const ratios = own.flatMap((one, round) => {
    const other = peer[round];
    return other ? [one.itemsPerCpuSecond / other.itemsPerCpuSecond] : [];
  });
  return {
    name: scenario.name,
    itemsPerCpuSecond: middle(own, "itemsPerCpuSecond"),
    peakRssBytes: middle(own, "peakRssBytes"),
    lost: own.reduce((sum, { lost }) => sum + lost, 0),
    ...(ratios.length > 0 && {
      peerItemsPerCpuSecond: middle(peer, "itemsPerCpuSecond"),
      peerPeakRssBytes: middle(peer, "peakRssBytes"),
      ratio: median(ratios),
    }),
    target: scenario.target,
  };
}

function line(cells: readonly string[]): string {
  return cells.map((cell, column) => (column === 0 ? cell.padEnd(34) : cell.padStart(15))).join("");
}

const thousands = (value: number | undefined) => (value === undefined ? "" : `${Math.round(value / 1000)} k`);
const megabytes = (value: number | undefined) => (value === undefined ? "" : `${Math.round(value / 1e6)} MB`);

function cells(row: Row): string[] {
  return [
    row.name,
    thousands(row.itemsPerCpuSecond),
    megabytes(row.peakRssBytes),
    `${row.lost}`,
    thousands(row.peerItemsPerCpuSecond),
    megabytes(row.peerPeakRssBytes),
    row.ratio === undefined ? "" : `${row.ratio.toFixed(2)} x`,
    `>= ${row.target} x`,
  ];
}

const before = conditions();
const ends: Ends = {
  sender: await HelperProcess.start("sender.ts"),
  backend: await HelperProcess.start("black-hole.ts"),
};
const HEAD = ["", "items/CPU-s", "peak RSS", "lost", "peer", "peer RSS", "ratio", "target"];
console.log(line(HEAD));
const rows: Row[] = [];
for (const scenario of SCENARIOS.filter(({ name }) => name.includes(values.only ?? ""))) {
  const row = await rowOf(scenario, ends);
  rows.push(row);
  console.log(line(cells(row)));
}
await ends.sender.stop();
await ends.backend.stop();
const all = { ...before, "load after": loadAverage() };
console.log(
  `\n${Object.entries(all)
    .map(([name, value]) => `${name.padEnd(12)}${value}`)
    .join("\n")}`,
);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ conditions: all, rows }, undefined, 2)}\n`);
