import { featureGates } from "../featuregate/index.ts";
import type { Gate } from "../featuregate/registry.ts";
import { parseFlags } from "./flags.ts";
import { print } from "./print.ts";

/** Lists the feature gates, or shows one. */
export async function run(args: readonly string[]): Promise<number> {
  const [id] = parseFlags(args, {}, 1).positionals;
  await print(id === undefined ? table(featureGates.gates) : details(found(id)));
  return 0;
}

function found(id: string): Gate {
  const gate = featureGates.find(id);
  if (!gate) throw new Error(`feature ${JSON.stringify(id)} not found`);
  return gate;
}

function details({ info, enabled }: Gate): string {
  return `Feature: ${info.id}
Enabled: ${enabled}
Stage: ${info.stage}
Description: ${info.description}
From Version: ${info.fromVersion}
`;
}

function table(gates: readonly Gate[]): string {
  const rows = gates.map(({ info, enabled }) => [info.id, String(enabled), info.stage, info.description]);
  const all = [["ID", "Enabled", "Stage", "Description"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`)
    .join("");
}
