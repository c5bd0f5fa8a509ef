// Keeps the kernel told which processes discovery selects.
import type { Process } from "../../ebpf/process/process.ts";
import type { ProcessTable } from "../../ebpf/process/table.ts";
import type { HttpTap } from "../../ebpf/tap/http-tap.ts";
import type { Discovery } from "./discovery.ts";

/** Writes the selectors of each process to the tap, as processes come and go. Does nothing where entries ask for none. */
export class ProcessSelection {
  readonly #discovery: Discovery;
  readonly #table: ProcessTable;
  readonly #tap: HttpTap;
  #unsubscribe: readonly (() => void)[] = [];
  #changed = false;
  #unwritten = 0;

  constructor(discovery: Discovery, table: ProcessTable, tap: HttpTap) {
    this.#discovery = discovery;
    this.#table = table;
    this.#tap = tap;
  }

  /** Processes the kernel had no room for; user space drops what comes of those that are not selected. */
  get unwritten(): number {
    return this.#unwritten;
  }

  start(): void {
    if (!this.#discovery.hasProcessKeys) return;
    this.#unsubscribe = [
      this.#table.onStart((process) => this.#write(process)),
      this.#table.onExit(({ pid }) => this.#tap.forgetProcess(pid)),
    ];
    for (const process of this.#table.live()) this.#write(process);
    this.flush();
  }

  /** Has the kernel look again at connections it ignored, where processes changed since the last time. */
  flush(): void {
    if (!this.#changed) return;
    this.#changed = false;
    this.#tap.reselect();
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
  }

  #write(process: Process): void {
    if (process.kernelThread) return;
    this.#changed = true;
    if (!this.#tap.selectProcess(process.pid, this.#discovery.bitsOf(process))) this.#unwritten++;
  }
}
