// Reads processes from /proc: those older than the agent, and what an event could not carry or was lost.
import { closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from "node:fs";
import { type Cgroup, chooseMembership, describeCgroup, type Membership } from "./cgroup.ts";
import { NO_ENVIRONMENT, parseEnvironment } from "./environment.ts";
import { splitArguments } from "./events.ts";
import type { Process } from "./process.ts";

/** As many bytes of arguments as an exec event carries. */
const ARGUMENTS_BYTES = 512;
/** More than the environment of a pod in a namespace with a thousand services. */
const READ_BYTES = 512 * 1024;
/** USER_HZ is 100 on every architecture we run on. */
const TICK_NS = 10_000_000;
const PF_KTHREAD = 0x00200000;

interface Stat {
  readonly command: string;
  readonly zombie: boolean;
  readonly parentPid: number;
  readonly kernelThread: boolean;
  readonly startNs: number;
}

/** The processes of one /proc, which may be the host's mounted elsewhere. */
export class Procfs {
  readonly #procRoot: string;
  readonly #cgroupRoot: string;
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  constructor(procRoot: string, cgroupRoot: string) {
    this.#procRoot = procRoot;
    this.#cgroupRoot = cgroupRoot;
  }

  /** Pids of all processes; throws where /proc itself cannot be read. */
  pids(): number[] {
    const pids: number[] = [];
    for (const name of readdirSync(this.#procRoot)) {
      const pid = Number(name);
      if (Number.isInteger(pid)) pids.push(pid);
    }
    return pids;
  }

  /** Reads a live process; undefined when it is gone or dead. What may not be read stays empty. */
  read(pid: number): Process | undefined {
    const stat = this.#stat(pid);
    if (!stat || stat.zombie) return undefined;
    return {
      pid,
      startNs: stat.startNs,
      parentPid: stat.parentPid,
      executable: this.#executable(pid),
      command: stat.command,
      args: splitArguments(this.#read(pid, "cmdline", ARGUMENTS_BYTES)),
      uid: this.#uid(pid),
      netns: this.#netns(pid),
      cgroup: this.cgroup(pid),
      environment: stat.kernelThread
        ? NO_ENVIRONMENT
        : parseEnvironment(this.#read(pid, "environ", READ_BYTES)),
      kernelThread: stat.kernelThread,
      exitNs: undefined,
    };
  }

  /** When the pid's present user started; undefined when there is none that lives. */
  startNs(pid: number): number | undefined {
    const stat = this.#stat(pid);
    return stat?.zombie ? undefined : stat?.startNs;
  }

  /** The kernel's name of the process's first thread, which it may have changed; empty when it is gone. */
  command(pid: number): string {
    return this.#stat(pid)?.command ?? "";
  }

  /** The group that says most about the process; the root when it is gone. */
  cgroup(pid: number): Cgroup {
    const membership = chooseMembership(this.#text(pid, "cgroup"));
    return describeCgroup(this.#cgroupId(membership), membership.hierarchy !== "", membership.path);
  }

  /** An open executable, also when its file was deleted or is in another mount namespace. */
  executableFile(pid: number): string {
    return `${this.#procRoot}/${pid}/exe`;
  }

  #stat(pid: number): Stat | undefined {
    const text = this.#text(pid, "stat");
    const commandEnd = text.lastIndexOf(")"); // the command may have ")" in it
    if (commandEnd < 0) return undefined;
    // Numbered from the state, which proc(5) counts as field 3.
    const fields = text.slice(commandEnd + 2).split(" ");
    const state = fields[0];
    const threads = Number(fields[17]);
    return {
      command: text.slice(text.indexOf("(") + 1, commandEnd),
      // The first thread may be dead while others live on.
      zombie: (state === "Z" || state === "X") && threads <= 1,
      parentPid: Number(fields[1]),
      kernelThread: (Number(fields[6]) & PF_KTHREAD) !== 0,
      startNs: Number(fields[19]) * TICK_NS,
    };
  }

  #executable(pid: number): string {
    try {
      return readlinkSync(this.executableFile(pid)).replace(/ \(deleted\)$/, "");
    } catch {
      return ""; // a kernel thread, gone, or not ours to read
    }
  }

  #uid(pid: number): number {
    const [, effective] = /^Uid:\t\d+\t(\d+)/m.exec(this.#text(pid, "status")) ?? [];
    return Number(effective ?? 0);
  }

  #netns(pid: number): number {
    try {
      const link = readlinkSync(`${this.#procRoot}/${pid}/ns/net`);
      return Number(/\d+/.exec(link)?.[0] ?? 0);
    } catch {
      return 0; // gone, or not ours to read
    }
  }

  #cgroupId({ hierarchy, path }: Membership): number {
    // On hybrid hosts v2 is beside the v1 hierarchies.
    const mounts = hierarchy === "" ? ["/unified", ""] : [`/${hierarchy}`];
    for (const mount of mounts) {
      const directory = statSync(`${this.#cgroupRoot}${mount}${path}`, { throwIfNoEntry: false });
      if (directory) return directory.ino;
    }
    return 0;
  }

  #text(pid: number, name: string): string {
    return this.#read(pid, name, READ_BYTES).toString("utf8");
  }

  /** The first bytes of a file in the process's folder, valid until the next call; empty when it cannot be read. */
  #read(pid: number, name: string, limitBytes: number): Buffer {
    let used = 0;
    try {
      const file = openSync(`${this.#procRoot}/${pid}/${name}`, "r");
      try {
        for (let bytes = 1; bytes > 0 && used < limitBytes; used += bytes) {
          bytes = readSync(file, this.#buffer, used, limitBytes - used, null);
        }
      } finally {
        closeSync(file);
      }
    } catch {
      // Gone meanwhile (ENOENT, ESRCH), or not ours to read (EACCES): what was read until then counts.
    }
    return this.#buffer.subarray(0, used);
  }
}
