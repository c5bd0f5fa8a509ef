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

/** The inode number of the host's pid namespace is the same on every Linux. */
const HOST_PID_NAMESPACE = "pid:[4026531836]";

/** Whether `procRoot` shows the host's processes: its first process is the host's. */
export function inHostPidNamespace(procRoot = "/proc"): boolean {
  try {
    return readlinkSync(`${procRoot}/1/ns/pid`) === HOST_PID_NAMESPACE;
  } catch {
    return true; // cannot be known: not a reason to warn
  }
}
