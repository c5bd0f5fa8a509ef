// Decodes the records of the ring process_events: struct exec_event, fork_event and exit_event of bpf/process.h.

import { exec_event, exit_event, fork_event } from "../layouts.gen.ts";
import { type Cgroup, describeCgroup } from "./cgroup.ts";
import { type Environment, parseEnvironment } from "./environment.ts";

// enum process_event_type
const EXEC = 1;
const FORK = 2;
const EXIT = 3;

// enum process_flag
const KERNEL_THREAD = 1;
const CGROUP_V1 = 2;
const EXECUTABLE_TRUNCATED = 4;
const CGROUP_TRUNCATED = 8;
const ENVIRONMENT_TRUNCATED = 32;
const IDENTITY_TRUNCATED: number = EXECUTABLE_TRUNCATED | CGROUP_TRUNCATED | ENVIRONMENT_TRUNCATED;

/** PROCESS_COMM_BYTES */
const COMMAND_BYTES = 16;

/** What every event says. */
interface ProcessMoment {
  readonly pid: number;
  readonly startNs: number;
  readonly timeNs: number;
}

/** What forks and execs say of the process. */
interface ProcessIdentity extends ProcessMoment {
  readonly parentPid: number;
  readonly uid: number;
  readonly netns: number;
  readonly command: string;
}

export interface ExitEvent extends ProcessMoment {
  readonly type: "exit";
}

export interface ForkEvent extends ProcessIdentity {
  readonly type: "fork";
  readonly kernelThread: boolean;
  /** As in Cgroup; only the exec event has the path. */
  readonly cgroupId: number;
  readonly cgroupV1: boolean;
}

export interface ExecEvent extends ProcessIdentity {
  readonly type: "exec";
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
  switch (view.getUint32(offset + exit_event.type, true)) {
    case EXEC:
      return decodeExec(view, offset, length);
    case FORK:
      return decodeFork(view, offset);
    case EXIT:
      return { type: "exit", ...momentOf(view, offset, exit_event) };
    default:
      return undefined;
  }
}

/** Where a struct has the fields of a ProcessMoment. */
type MomentFields = Readonly<Record<"pid" | "start_ns" | "time_ns", number>>;
/** Where a struct has the fields of a ProcessIdentity. */
type IdentityFields = MomentFields & Readonly<Record<"parent_pid" | "uid" | "netns" | "comm", number>>;

function momentOf(view: DataView, offset: number, field: MomentFields): ProcessMoment {
  return {
    pid: view.getUint32(offset + field.pid, true),
    startNs: uint64(view, offset + field.start_ns),
    timeNs: uint64(view, offset + field.time_ns),
  };
}

function identityOf(view: DataView, offset: number, field: IdentityFields): ProcessIdentity {
  return {
    ...momentOf(view, offset, field),
    parentPid: view.getUint32(offset + field.parent_pid, true),
    uid: view.getUint32(offset + field.uid, true),
    netns: view.getUint32(offset + field.netns, true),
    command: command(view, offset + field.comm),
  };
}

function decodeFork(view: DataView, offset: number): ForkEvent {
  const flags = view.getUint32(offset + fork_event.flags, true);
  return {
    type: "fork",
    ...identityOf(view, offset, fork_event),
    kernelThread: (flags & KERNEL_THREAD) !== 0,
    cgroupId: uint64(view, offset + fork_event.cgroup_id),
    cgroupV1: (flags & CGROUP_V1) !== 0,
  };
}

function decodeExec(view: DataView, offset: number, length: number): ExecEvent {
  const flags = view.getUint32(offset + exec_event.flags, true);
  let at = offset + exec_event.size;
  /** The next part of the text, never past the record. */
  const next = (lengthField: number): Buffer => {
    const bytes = Math.min(view.getUint16(offset + lengthField, true), offset + length - at);
    at += bytes;
    return Buffer.from(view.buffer, view.byteOffset + at - bytes, bytes);
  };
  const executable = joinNames(next(exec_event.executable_bytes), flags & EXECUTABLE_TRUNCATED);
  const path = joinNames(next(exec_event.cgroup_bytes), flags & CGROUP_TRUNCATED);
  const cgroupId = uint64(view, offset + exec_event.cgroup_id);
  return {
    type: "exec",
    ...identityOf(view, offset, exec_event),
    executable,
    cgroup: describeCgroup(cgroupId, (flags & CGROUP_V1) !== 0, path),
    args: splitArguments(next(exec_event.arguments_bytes)),
    environment: parseEnvironment(next(exec_event.environment_bytes)),
    truncated: (flags & IDENTITY_TRUNCATED) !== 0,
  };
}

/** A double: exact below 2^53 ns, which is 104 days of uptime, and then rounded the same way wherever it is read. */
function uint64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

function command(view: DataView, offset: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + offset, COMMAND_BYTES);
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
