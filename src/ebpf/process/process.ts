// What is known of a process. Everything here is read once, when the process appears or takes a new program.
import type { Cgroup } from "./cgroup.ts";
import type { Environment } from "./environment.ts";

/** One program run by one process; an exec makes a new one with the same `pid` and `startNs`. */
export interface Process {
  /** Of the thread group, in the host's pid namespace. */
  readonly pid: number;
  /**
   * When the process (not its program) started, in ns of CLOCK_BOOTTIME. Known to the nanosecond from the kernel and to
   * 10 ms from /proc; a double, so rounded to 2 ns after 104 days. Compare with `sameStart`.
   */
  readonly startNs: number;
  /** As of the start; a process whose parent dies gets another one unseen. */
  readonly parentPid: number;
  /** Path of the executable in its mount namespace, without " (deleted)"; empty for kernel threads. */
  readonly executable: string;
  /** The kernel's name of the first thread, 15 bytes at most. */
  readonly command: string;
  /** Cut at 512 bytes in all. */
  readonly args: readonly string[];
  /** Effective user id, as of the last fork or exec. */
  readonly uid: number;
  /** Inode number of its network namespace, 0 where it cannot be read. */
  readonly netns: number;
  readonly cgroup: Cgroup;
  readonly environment: Environment;
  readonly kernelThread: boolean;
  /** When the last thread ended, in ns of CLOCK_BOOTTIME; undefined while it lives. */
  readonly exitNs: number | undefined;
}

/** /proc tells start times in ticks of 10 ms; a pid does not come round again within one. */
const TICK_NS = 10_000_000;

/** Whether two start times of one pid are of the same process, wherever they were read. */
export function sameStart(aNs: number, bNs: number): boolean {
  return Math.floor(aNs / TICK_NS) === Math.floor(bNs / TICK_NS);
}

/** The last name of the executable's path, else the command. */
export function executableName(process: Pick<Process, "executable" | "command">): string {
  return process.executable.slice(process.executable.lastIndexOf("/") + 1) || process.command;
}
