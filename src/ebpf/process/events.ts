// Decodes the records of the ring process_events: struct exec_event, fork_event and exit_event of bpf/process.h.
import { type Cgroup, describeCgroup } from "./cgroup.ts";
import { type Environment, parseEnvironment } from "./environment.ts";
import { execEvent, exitEvent, forkEvent, processEventType, processFlag } from "./layouts.ts";

export interface ExitEvent {
  readonly type: "exit";
  readonly pid: number;
  readonly startNs: number;
  readonly timeNs: number;
}

export interface ForkEvent {
  readonly type: "fork";
  readonly pid: number;
  readonly startNs: number;
  readonly timeNs: number;
  readonly parentPid: number;
  readonly uid: number;
  readonly netns: number;
  readonly command: string;
  readonly kernelThread: boolean;
  /** As in Cgroup; only the exec event has the path. */
  readonly cgroupId: number;
  readonly cgroupV1: boolean;
}

export interface ExecEvent {
  readonly type: "exec";
  readonly pid: number;
  readonly startNs: number;
  readonly timeNs: number;
  readonly parentPid: number;
  readonly uid: number;
  readonly netns: number;
  readonly command: string;
  readonly executable: string;
  readonly cgroup: Cgroup;
  readonly args: readonly string[];
  readonly environment: Environment;
  /** Something other than the arguments was longer than an event can carry. */
  readonly truncated: boolean;
}

export type ProcessEvent = ExecEvent | ForkEvent | ExitEvent;

/** Decodes one record; undefined for a type this version does not know. Keeps nothing of `view`. */
export function decodeProcessEvent(view: DataView, offset: number, length: number): ProcessEvent | undefined {
  switch (view.getUint32(offset + exitEvent.type, true)) {
    case processEventType.exec:
      return decodeExec(view, offset, length);
    case processEventType.fork:
      return decodeFork(view, offset);
    case processEventType.exit:
      return {
        type: "exit",
        pid: view.getUint32(offset + exitEvent.pid, true),
        startNs: uint64(view, offset + exitEvent.start_ns),
        timeNs: uint64(view, offset + exitEvent.time_ns),
      };
    default:
      return undefined;
  }
}

function decodeFork(view: DataView, offset: number): ForkEvent {
  const flags = view.getUint32(offset + forkEvent.flags, true);
  return {
    type: "fork",
    pid: view.getUint32(offset + exitEvent.pid, true),
    startNs: uint64(view, offset + exitEvent.start_ns),
    timeNs: uint64(view, offset + exitEvent.time_ns),
    parentPid: view.getUint32(offset + forkEvent.parent_pid, true),
    uid: view.getUint32(offset + forkEvent.uid, true),
    netns: view.getUint32(offset + forkEvent.netns, true),
    command: command(view, offset + forkEvent.comm),
    kernelThread: (flags & processFlag.kernelThread) !== 0,
    cgroupId: uint64(view, offset + forkEvent.cgroup_id),
    cgroupV1: (flags & processFlag.cgroupV1) !== 0,
  };
}

function decodeExec(view: DataView, offset: number, length: number): ExecEvent {
  const flags = view.getUint32(offset + execEvent.flags, true);
  let at = offset + execEvent.size;
  /** The next part of the text, never past the record. */
  const next = (lengthField: number): Buffer => {
    const bytes = Math.min(view.getUint16(offset + lengthField, true), offset + length - at);
    at += bytes;
    return Buffer.from(view.buffer, view.byteOffset + at - bytes, bytes);
  };
  const executable = joinNames(next(execEvent.executable_bytes), flags & processFlag.executableTruncated);
  const path = joinNames(next(execEvent.cgroup_bytes), flags & processFlag.cgroupTruncated);
  const cgroupId = uint64(view, offset + execEvent.cgroup_id);
  return {
    type: "exec",
    pid: view.getUint32(offset + exitEvent.pid, true),
    startNs: uint64(view, offset + exitEvent.start_ns),
    timeNs: uint64(view, offset + exitEvent.time_ns),
    parentPid: view.getUint32(offset + execEvent.parent_pid, true),
    uid: view.getUint32(offset + execEvent.uid, true),
    netns: view.getUint32(offset + execEvent.netns, true),
    command: command(view, offset + execEvent.comm),
    executable,
    cgroup: describeCgroup(cgroupId, (flags & processFlag.cgroupV1) !== 0, path),
    args: splitArguments(next(execEvent.arguments_bytes)),
    environment: parseEnvironment(next(execEvent.environment_bytes)),
    truncated: (flags & processFlag.identityTruncated) !== 0,
  };
}

/** A double: exact below 2^53 ns, which is 104 days of uptime, and then rounded the same way wherever it is read. */
function uint64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

function command(view: DataView, offset: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + offset, execEvent.comm_bytes);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

/** Makes a path of names that come from the last to the first; "…" stands for folders that did not fit. */
function joinNames(names: Buffer, truncated: number): string {
  if (names.length === 0) return truncated ? "…" : "/";
  const parts = names.toString("utf8").split("\0");
  parts[parts.length - 1] = truncated ? "…" : ""; // behind the last NUL there is nothing
  return parts.reverse().join("/");
}

/** Splits NUL-terminated arguments; the last one may be cut. */
export function splitArguments(block: Buffer): string[] {
  if (block.length === 0) return [];
  const args = block.toString("utf8").split("\0");
  if (args.at(-1) === "") args.pop();
  return args;
}
