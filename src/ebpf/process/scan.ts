// Brings the table in line with /proc: at the start, and after events were lost.
import { setImmediate } from "node:timers/promises";
import { sameStart } from "./process.ts";
import type { Procfs } from "./procfs.ts";
import type { ProcessTable } from "./table.ts";

/** Processes read in one go, each some 0.1 ms; then others have their turn. */
const PROCESSES_PER_TURN = 32;

/**
 * Adds the processes that run and ends those that no longer do. Events may be applied meanwhile: those that are already
 * in the ring are applied afterwards and change nothing that was read later.
 */
export async function scan(procfs: Procfs, table: ProcessTable, signal?: AbortSignal): Promise<void> {
  const before = [...table.live()];
  let turn = 0;
  for (const pid of procfs.pids()) {
    const process = procfs.read(pid);
    if (process) table.found(process);
    turn += 1;
    if (turn % PROCESSES_PER_TURN !== 0) continue;
    await setImmediate();
    if (signal?.aborted) return;
  }
  for (const process of before) {
    const startNs = procfs.startNs(process.pid);
    if (startNs === undefined || !sameStart(startNs, process.startNs)) table.missed(process);
  }
}
