// Which processor runs what: the server has one for itself, so that what it loses is not time it had to share.
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** The words before a command that put it on the server's processor, and on the others. */
const pinned = availableParallelism() > 1;
export const serverCore: readonly string[] = pinned ? ["taskset", "-c", "0"] : ["env"];
const OTHERS = `1-${availableParallelism() - 1}`;
export const others: readonly string[] = pinned ? ["taskset", "-c", OTHERS] : ["env"];

/** Moves a process that runs already, with all its threads, to the others. */
export function moveToOthers(pid: number): void {
  if (pinned) execFileSync("taskset", ["-a", "-p", "-c", OTHERS, `${pid}`], { stdio: "ignore" });
}
