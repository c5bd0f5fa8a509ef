// Where and with what the figures were measured.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

export type Conditions = Readonly<Record<string, string>>;

export function conditions(): Conditions {
  return {
    commit: commit(),
    kernel: release(),
    cpu: `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`,
    load: loadAverage(),
    node: process.version,
    nginx: firstLine("nginx", "-v"),
    wrk: firstLine("wrk", "-v"),
    go: firstLine("go", "version"),
  };
}

/** Processes that ran or wanted to, on average over 1, 5 and 15 minutes: what else the machine was doing. */
export function loadAverage(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(" ");
}

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT }).toString().trim();
    const changed = git("status", "--porcelain", "--untracked-files=no") ? ", with changes" : "";
    return `${git("rev-parse", "--short", "HEAD")}${changed}`;
  } catch {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    return version; // not a clone
  }
}

function firstLine(command: string, argument: string): string {
  const { stdout, stderr } = spawnSync(command, [argument], { encoding: "utf8" });
  return (stdout || stderr || "missing").split("\n")[0]!.replace(/ *Copyright.*/, "");
}
