// Finds the process of each record, and what has to be known of it.
import type { Process } from "../../ebpf/process/process.ts";
import type { ProcessTable } from "../../ebpf/process/table.ts";
import type { ServiceNames } from "../../ebpf/tap/source.ts";
import { Nanos } from "../../pdata/index.ts";
import { PROCESS_PID } from "../../semconv/process.ts";
import { SERVICE_NAME } from "../../semconv/service.ts";
import type { Discovery } from "./discovery.ts";
import { ObservedProcess, type ProcessIdentity } from "./observed-process.ts";
import { encodeResource } from "./resource.ts";

/** What the specification calls a service whose name cannot be found. */
const UNKNOWN_SERVICE = "unknown_service";

/** The processes that have had requests; the rest of the table costs nothing here. */
export class ObservedProcesses {
  readonly #table: ProcessTable;
  readonly #services: ServiceNames;
  readonly #discovery: Discovery;
  readonly #now: (into: Nanos) => Nanos;
  /** The last process with requests of each pid; others are in `#all` alone. */
  readonly #latest: Map<number, ObservedProcess> = new Map();
  readonly #all: Map<string, ObservedProcess> = new Map();
  readonly #unsubscribe: readonly (() => void)[];

  constructor(
    table: ProcessTable,
    services: ServiceNames,
    discovery: Discovery,
    now: (into: Nanos) => Nanos,
  ) {
    this.#table = table;
    this.#services = services;
    this.#discovery = discovery;
    this.#now = now;
    this.#unsubscribe = [table.onStart((process) => this.#renew(process))];
  }

  /** The process of a record, by pid and the halves of its start time. Hot path. */
  get(pid: number, startLo: number, startHi: number): ObservedProcess {
    const latest = this.#latest.get(pid);
    if (latest && latest.startLo === startLo && latest.startHi === startHi) return latest;
    return this.#find(pid, startLo, startHi);
  }

  /** Whether it has ended, as far as the table knows. */
  hasEnded({ pid, startLo, startHi }: ObservedProcess): boolean {
    const process = this.#table.getAt(pid, startNs(startLo, startHi));
    return process === undefined || process.exitNs !== undefined;
  }

  /** Forgets a process whose last series was handed on. */
  remove(process: ObservedProcess): void {
    this.#all.delete(keyOf(process.pid, process.startLo, process.startHi));
    if (this.#latest.get(process.pid) === process) this.#latest.delete(process.pid);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  [Symbol.iterator](): IterableIterator<ObservedProcess> {
    return this.#all.values();
  }

  #find(pid: number, startLo: number, startHi: number): ObservedProcess {
    const key = keyOf(pid, startLo, startHi);
    let observed = this.#all.get(key);
    if (!observed) {
      observed = new ObservedProcess(this.#identify(pid, startLo, startHi), this.#now(new Nanos()));
      this.#all.set(key, observed);
    }
    this.#latest.set(pid, observed);
    return observed;
  }

  #identify(pid: number, startLo: number, startHi: number): ProcessIdentity {
    const process = this.#table.getAt(pid, startNs(startLo, startHi));
    const attributes = process
      ? this.#services.serviceOf(process).attributes
      : ([
          [SERVICE_NAME, UNKNOWN_SERVICE],
          [PROCESS_PID, pid],
        ] as const);
    const bits = process ? this.#discovery.bitsOf(process) : this.#discovery.anyProcess;
    return { pid, startLo, startHi, resource: encodeResource(attributes), ...bits };
  }

  /** A process took a new program, or is known only now. */
  #renew(process: Process): void {
    const observed = this.#latest.get(process.pid);
    if (!observed) return;
    const { pid, startLo, startHi } = observed;
    if (this.#table.getAt(pid, startNs(startLo, startHi)) !== process) return;
    observed.renew(this.#identify(pid, startLo, startHi));
  }
}

/** As the process table has it: a double. */
function startNs(lo: number, hi: number): number {
  return (hi >>> 0) * 2 ** 32 + (lo >>> 0);
}

function keyOf(pid: number, startLo: number, startHi: number): string {
  return `${pid} ${startLo} ${startHi}`;
}
