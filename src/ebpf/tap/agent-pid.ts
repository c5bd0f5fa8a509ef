// Which process the kernel takes us for.
import { readlinkSync } from "node:fs";

/**
 * Our pid as `bpf_get_current_pid_tgid` gives it: in the host's pid namespace. `procRoot` is the host's /proc, whose
 * link "self" names its reader in the namespace of that mount, also from inside a container. Where /proc is the
 * container's own, so is the pid; the processes of the host cannot be named then either (run with the host's pid
 * namespace: `--pid=host`, `hostPID: true`).
 */
export function readAgentPid(procRoot = "/proc"): number {
  try {
    return Number(readlinkSync(`${procRoot}/self`)) || process.pid;
  } catch {
    return process.pid; // no /proc
  }
}

/** Whether this process shares the host's pid namespace (its inode number is the same on every Linux). */
export function inHostPidNamespace(procRoot = "/proc"): boolean {
  try {
    return readlinkSync(`${procRoot}/self/ns/pid`) === "pid:[4026531836]";
  } catch {
    return true; // cannot be known: not a reason to warn
  }
}
