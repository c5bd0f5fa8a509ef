import { readFileSync } from "node:fs";

/** Field of /proc/<pid>/stat behind the command: when the process started, in clock ticks since boot. */
const START_TICKS_FIELD = 19;

/** When a process started, in clock ticks since boot: with its pid it names one process only. Undefined where there is none. */
export function startTicks(pid: number, procRoot = "/proc"): number | undefined {
  try {
    const stat = readFileSync(`${procRoot}/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TICKS_FIELD]);
  } catch {
    return undefined; // no such process
  }
}
