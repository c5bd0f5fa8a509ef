// The processes of a recording: only those that its records and series are of.
import type { Cgroup } from "../process/cgroup.ts";
import { type Process, sameStart } from "../process/process.ts";
import type { ResourceAttribute } from "../process/service.ts";
import type { ProcessTable } from "../process/table.ts";
import type { HttpSource } from "../tap/source.ts";
import { FRAME } from "./frame.ts";
import type { FrameWriter } from "./frame-writer.ts";

/** A process as it was found; without its arguments and environment, which are nobody's business. */
export interface RecordedProcess {
  readonly pid: number;
  readonly startNs: number;
  readonly executable: string;
  readonly command: string;
  readonly cgroup: Cgroup;
  /** The resource of its telemetry. */
  readonly resource: readonly ResourceAttribute[];
}

export interface RecordedExit {
  readonly pid: number;
  readonly startNs: number;
  readonly exitNs: number;
}

/** Writes each process before what is of it. */
export class ProcessRecorder {
  readonly #writer: FrameWriter;
  readonly #table: ProcessTable;
  readonly #services: HttpSource["services"];
  readonly #unsubscribe: readonly (() => void)[];
  /** Start times of the processes with records, by pid. */
  readonly #recorded: Map<number, number> = new Map();

  constructor(writer: FrameWriter, { processes, services }: Pick<HttpSource, "processes" | "services">) {
    this.#writer = writer;
    this.#table = processes;
    this.#services = services;
    this.#unsubscribe = [
      processes.onStart((process) => this.#ifRecorded(process, () => this.#write(process))),
      processes.onExit((process) => this.#ifRecorded(process, () => this.#writeExit(process))),
    ];
  }

  /** Tells of a record or series of a process. */
  refer(pid: number, startNs: number): void {
    if (this.#recorded.get(pid) === startNs) return;
    this.#recorded.set(pid, startNs);
    const process = this.#table.getAt(pid, startNs);
    if (!process) return;
    this.#write(process);
    if (process.exitNs !== undefined) this.#writeExit(process);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #ifRecorded({ pid, startNs }: Process, write: () => void): void {
    const recorded = this.#recorded.get(pid);
    if (recorded !== undefined && sameStart(recorded, startNs)) write();
  }

  #write(process: Process): void {
    const { pid, startNs, executable, command, cgroup } = process;
    const resource = this.#services.serviceOf(process).attributes;
    const recorded: RecordedProcess = { pid, startNs, executable, command, cgroup, resource };
    this.#writer.writeJson(FRAME.process, recorded);
  }

  #writeExit({ pid, startNs, exitNs = 0 }: Process): void {
    const exit: RecordedExit = { pid, startNs, exitNs };
    this.#writer.writeJson(FRAME.exit, exit);
  }
}
