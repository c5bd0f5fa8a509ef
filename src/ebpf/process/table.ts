// Knows every process: fed by the kernel's events and by scans of /proc, read by whoever has a pid.

import type { Cgroup } from "./cgroup.ts";
import { NO_ENVIRONMENT } from "./environment.ts";
import type { ExecEvent, ExitEvent, ForkEvent, ProcessEvent } from "./events.ts";
import { type Process, sameStart } from "./process.ts";
import type { Procfs } from "./procfs.ts";

export interface ProcessTableSettings {
  /** Live and dead processes together. */
  readonly maxProcesses: number;
  /** Dead processes that are kept, the oldest go first. */
  readonly maxDead: number;
  /** How long the dead are kept, so that records that come after their exit still find them. */
  readonly graceMs: number;
}

export const DEFAULT_PROCESS_TABLE_SETTINGS: ProcessTableSettings = {
  maxProcesses: 32_768,
  maxDead: 4096, // 1 to 2 kB each
  graceMs: 30_000,
};

export interface ProcessTableStats {
  readonly live: number;
  readonly dead: number;
  /** Dead processes that had to go before their time. */
  readonly evicted: number;
  /** Live processes that found no place. */
  readonly refused: number;
}

export type ProcessListener = (process: Process) => void;

/** A process of the table; what follows the start is all that changes. */
interface Entry extends Process {
  startNs: number;
  exitNs: number | undefined;
  /** When it was found dead, by the table's clock. */
  deadSinceMs: number;
  /** The dead process that had the pid before. */
  previous: Entry | undefined;
}

/**
 * The processes of a host by pid, with the recently dead among them. Memory is bounded: where all places are taken, the
 * oldest dead process goes first; where none is dead, the new process is refused. Both are counted.
 */
export class ProcessTable {
  readonly #procfs: Procfs;
  readonly #settings: ProcessTableSettings;
  readonly #nowMs: () => number;
  /** The newest process of each pid; older ones, dead, hang on it. */
  readonly #byPid: Map<number, Entry> = new Map();
  /** In order of death. */
  readonly #dead: Set<Entry> = new Set();
  readonly #startListeners: Set<ProcessListener> = new Set();
  readonly #exitListeners: Set<ProcessListener> = new Set();
  #size = 0;
  #evicted = 0;
  #refused = 0;

  constructor(
    procfs: Procfs,
    settings: ProcessTableSettings = DEFAULT_PROCESS_TABLE_SETTINGS,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#procfs = procfs;
    this.#settings = settings;
    this.#nowMs = nowMs;
  }

  /** The process that has the pid, or had it last and died lately. For every record: no allocation. */
  get(pid: number): Process | undefined {
    return this.#byPid.get(pid);
  }

  /** The process that had the pid and started at `startNs`, however often the pid was used since. No allocation. */
  getAt(pid: number, startNs: number): Process | undefined {
    return this.#find(pid, startNs);
  }

  /** Live processes, in no order. */
  *live(): IterableIterator<Process> {
    for (const entry of this.#byPid.values()) if (entry.exitNs === undefined) yield entry;
  }

  /**
   * Calls `listener` for each process that starts, and again for each program it takes, with a new Process; processes that
   * are there already are not told, see `live`. Returns what ends the subscription. Listeners must not throw.
   */
  onStart(listener: ProcessListener): () => void {
    this.#startListeners.add(listener);
    return () => this.#startListeners.delete(listener);
  }

  /** Calls `listener` once for each process that ends; it stays in the table for a while. */
  onExit(listener: ProcessListener): () => void {
    this.#exitListeners.add(listener);
    return () => this.#exitListeners.delete(listener);
  }

  get stats(): ProcessTableStats {
    return {
      live: this.#size - this.#dead.size,
      dead: this.#dead.size,
      evicted: this.#evicted,
      refused: this.#refused,
    };
  }

  /** Takes what the kernel reported; in the order of the ring. */
  apply(event: ProcessEvent): void {
    if (event.type === "exec") this.#exec(event);
    else if (event.type === "fork") this.#fork(event);
    else this.#exit(event);
  }

  /** Takes a process as a scan found it; one that is known and runs the same program is left as it is. */
  found(process: Process): void {
    const known = this.#find(process.pid, process.startNs);
    if (known?.exitNs !== undefined || (known && sameProgram(known, process))) return;
    this.#put(process);
  }

  /** Ends a process that a scan no longer found: its exit was not reported. When it was stays unknown, as 0. */
  missed({ pid, startNs }: Process): void {
    const entry = this.#find(pid, startNs);
    if (entry && entry.exitNs === undefined) this.#end(entry, 0);
  }

  /** Forgets the dead whose time of grace is over. */
  expire(): void {
    const deadlineMs = this.#nowMs() - this.#settings.graceMs;
    for (const entry of this.#dead) {
      if (entry.deadSinceMs > deadlineMs) return;
      this.#remove(entry);
    }
  }

  #exec(event: ExecEvent): void {
    // Read at once: a process that lives long enough to be asked tells what its event could not carry.
    const whole = event.truncated ? this.#procfs.read(event.pid) : undefined;
    const seen = whole && sameStart(whole.startNs, event.startNs) ? whole : event;
    this.#put({
      pid: event.pid,
      startNs: event.startNs,
      parentPid: event.parentPid,
      executable: seen.executable,
      command: event.command,
      args: event.args,
      uid: event.uid,
      netns: event.netns,
      cgroup: seen.cgroup,
      environment: seen.environment,
      kernelThread: false,
      exitNs: undefined,
    });
  }

  #fork(event: ForkEvent): void {
    const known = this.#find(event.pid, event.startNs);
    if (known) {
      known.startNs = event.startNs; // a scan came first, and knows it to 10 ms only
      return;
    }
    const parent = this.#byPid.get(event.parentPid);
    const source = parent ?? this.#procfs.read(event.pid);
    this.#put({
      pid: event.pid,
      startNs: event.startNs,
      parentPid: event.parentPid,
      executable: source?.executable ?? "",
      // Kernel threads get their name after the fork.
      command: (event.kernelThread && this.#procfs.command(event.pid)) || event.command,
      args: source?.args ?? [],
      uid: event.uid,
      netns: event.netns,
      cgroup: this.#cgroupOf(event, source?.cgroup),
      environment: source?.environment ?? NO_ENVIRONMENT,
      kernelThread: event.kernelThread,
      exitNs: undefined,
    });
  }

  /** The parent's group, unless the parent was moved since we knew it or the child was born into another. */
  #cgroupOf(event: ForkEvent, inherited: Cgroup | undefined): Cgroup {
    if (inherited && inherited.id === event.cgroupId && inherited.v1 === event.cgroupV1) return inherited;
    const cgroup = this.#procfs.cgroup(event.pid);
    return cgroup.id === event.cgroupId ? cgroup : (inherited ?? cgroup);
  }

  #exit(event: ExitEvent): void {
    const entry = this.#find(event.pid, event.startNs);
    if (entry && entry.exitNs === undefined) this.#end(entry, event.timeNs);
  }

  #find(pid: number, startNs: number): Entry | undefined {
    let entry = this.#byPid.get(pid);
    while (entry && !sameStart(entry.startNs, startNs)) entry = entry.previous;
    return entry;
  }

  /** Adds a process, in the place of the same process with the program before, or on top of the pid's last user. */
  #put(process: Process): void {
    const last = this.#byPid.get(process.pid);
    const replaced = last && sameStart(last.startNs, process.startNs) ? last : undefined;
    if (replaced && replaced.exitNs !== undefined) return; // events are in order: a scan was late
    if (!replaced && last?.exitNs === undefined && last) this.#end(last, process.startNs); // its exit was lost
    if (!replaced && !this.#makeRoom()) return;
    const previous = replaced ? replaced.previous : this.#byPid.get(process.pid);
    const entry: Entry = { ...process, exitNs: undefined, deadSinceMs: 0, previous };
    this.#byPid.set(process.pid, entry);
    for (const listener of this.#startListeners) listener(entry);
  }

  /** Counts one process more; false when there is no place for it. */
  #makeRoom(): boolean {
    if (this.#size >= this.#settings.maxProcesses && !this.#evictOldestDead()) {
      this.#refused += 1;
      return false;
    }
    this.#size += 1;
    return true;
  }

  #evictOldestDead(): boolean {
    const [oldest] = this.#dead;
    if (!oldest) return false;
    this.#remove(oldest);
    this.#evicted += 1;
    return true;
  }

  #end(entry: Entry, exitNs: number): void {
    entry.exitNs = exitNs;
    entry.deadSinceMs = this.#nowMs();
    this.#dead.add(entry);
    for (const listener of this.#exitListeners) listener(entry);
    if (this.#dead.size > this.#settings.maxDead) this.#evictOldestDead();
  }

  /** Takes a dead process out of its pid's chain. */
  #remove(entry: Entry): void {
    this.#dead.delete(entry);
    this.#size -= 1;
    const newest = this.#byPid.get(entry.pid);
    if (newest === entry) {
      if (entry.previous) this.#byPid.set(entry.pid, entry.previous);
      else this.#byPid.delete(entry.pid);
      return;
    }
    for (let newer = newest; newer; newer = newer.previous) {
      if (newer.previous === entry) newer.previous = entry.previous;
    }
  }
}

/** Whether a scan tells nothing new: a process that was renamed or moved to another group is not a new program. */
function sameProgram(known: Process, seen: Process): boolean {
  return (
    known.executable === seen.executable &&
    known.args.length === seen.args.length &&
    known.args.every((arg, index) => arg === seen.args[index])
  );
}
