// Return probes with room for all calls that wait. One opened by perf_event_open alone has room for as many calls as there
// are CPUs (10 at least, where the kernel is preemptible), each thread that waits in a receive takes one, and the return
// of a call that found none is left out. Only a probe made in tracefs takes another number.
import { randomBytes } from "node:crypto";
import { accessSync, appendFileSync, constants, existsSync, readFileSync } from "node:fs";
import type { BpfLink, BpfProgram } from "../../native/libbpf.ts";
import { startTicks } from "../process/start-ticks.ts";

/** Calls a probe has room for, the kernel's maximum (KRETPROBE_MAXACTIVE_MAX); each takes 64 to 96 bytes of its memory. */
const MAX_ACTIVE = 4096;

/** Where tracefs may be. */
const FOLDERS = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"] as const;

/** A probe of an agent's, in a line of kprobe_events; the group names the agent. */
const OWN_EVENT = /^r\d*:(wattspan_(\d+)_(\d+)_\w+\/\w+) /gm;

/** Makes and removes return probes. */
export class Kretprobes {
  readonly #events: string;
  /** Not in use by anybody else: adding to an existing event would probe the function twice. */
  readonly #group: string;

  constructor(folder: string | undefined = FOLDERS.find((each) => existsSync(`${each}/kprobe_events`))) {
    this.#events = `${folder ?? FOLDERS[0]}/kprobe_events`;
    this.#group = `wattspan_${process.pid}_${startTicks(process.pid) ?? 0}_${randomBytes(4).toString("hex")}`;
  }

  /** Why no probe can be made, or undefined. */
  refusal(): string | undefined {
    if (!existsSync(this.#events)) return "tracefs is not mounted at /sys/kernel/tracing";
    try {
      accessSync(this.#events, constants.W_OK);
      return undefined;
    } catch (error) {
      return `${(error as NodeJS.ErrnoException).code}: ${this.#events} cannot be written`;
    }
  }

  /** Attaches `program` to the returns of `symbol`; closing the link removes the probe. */
  attach(program: Pick<BpfProgram, "attachTracepoint">, symbol: string): BpfLink {
    this.#write(`r${MAX_ACTIVE}:${this.#group}/${symbol} ${symbol}`);
    const remove = () => this.#remove(`${this.#group}/${symbol}`);
    try {
      const link = program.attachTracepoint(this.#group, symbol);
      return {
        close() {
          link.close();
          remove();
        },
      };
    } catch (error) {
      remove();
      throw error;
    }
  }

  /** Removes the probes of agents that were killed. */
  removeStale(): void {
    for (const [, event, pid, ticks] of readFileSync(this.#events, "utf8").matchAll(OWN_EVENT))
      if (startTicks(Number(pid)) !== Number(ticks)) this.#remove(event!);
  }

  #remove(event: string): void {
    try {
      this.#write(`-:${event}`);
    } catch {
      // Removed already, or EBUSY: of an agent in a pid namespace that cannot be seen from here.
    }
  }

  #write(line: string): void {
    appendFileSync(this.#events, `${line}\n`); // Whatever does not append removes all probes of the host.
  }
}
