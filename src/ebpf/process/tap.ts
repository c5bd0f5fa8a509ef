// Feeds the process table from the kernel: loads bpf/process.bpf.o, drains its ring, repairs the table after losses.
import type { BpfMap, BpfObject, Libbpf } from "../../native/libbpf.ts";
import { RingReader } from "../ring.ts";
import { decodeProcessEvent } from "./events.ts";
import type { Procfs } from "./procfs.ts";
import { scan } from "./scan.ts";
import type { ProcessTable } from "./table.ts";

export interface ProcessTapSettings {
  /** Size of the ring in bytes, a power of two; an exec takes 200 to 4,200 bytes of it, fork and exit 72 and 32. */
  readonly ringBytes: number;
  /** Time between two drains: after one that found something, and after one that did not. */
  readonly busyIntervalMs: number;
  readonly idleIntervalMs: number;
  /** Shortest time between two repairs, while events are being lost. */
  readonly repairIntervalMs: number;
}

export const DEFAULT_PROCESS_TAP_SETTINGS: ProcessTapSettings = {
  ringBytes: 1 << 20,
  busyIntervalMs: 50,
  idleIntervalMs: 200,
  repairIntervalMs: 2000,
};

/** What one event takes of the ring at most, its header included. */
const MAX_EVENT_BYTES = 4400;

/** Events that did not come up. */
export interface LostProcessEvents {
  /** These found the ring full. */
  readonly exec: number;
  readonly fork: number;
  readonly exit: number;
  /** Of any kind: the kernel left the program out, which had been interrupted on that CPU (possible since 7.0). */
  readonly missed: number;
}

/** Keeps a ProcessTable up to date from `start` to `shutdown`. */
export class ProcessTap {
  readonly #libbpf: Libbpf;
  readonly #object: Uint8Array;
  readonly #procfs: Procfs;
  readonly #table: ProcessTable;
  readonly #settings: ProcessTapSettings;
  readonly #stopping: AbortController = new AbortController();
  #loaded: BpfObject | undefined;
  #ring: RingReader | undefined;
  #timer: NodeJS.Timeout | undefined;
  #repairing: Promise<void> = Promise.resolve();
  #isRepairing = false;
  /** The ring was full since the losses were last made good, as far as can be told from here. */
  #mayHaveLost = true;
  #repairs = 0;
  #lastRepairMs: number = Number.NEGATIVE_INFINITY;
  #repairedLosses = 0;
  #lastLookMs: number = Number.NEGATIVE_INFINITY;
  #knownMisses = 0;

  /** `object` is the bytes of process.bpf.o. */
  constructor(
    libbpf: Libbpf,
    object: Uint8Array,
    procfs: Procfs,
    table: ProcessTable,
    settings: ProcessTapSettings = DEFAULT_PROCESS_TAP_SETTINGS,
  ) {
    this.#libbpf = libbpf;
    this.#object = object;
    this.#procfs = procfs;
    this.#table = table;
    this.#settings = settings;
  }

  /** Resolves when every process is known. Rejects with BpfError where the kernel refuses the programs. */
  async start(): Promise<void> {
    this.#loaded = this.#libbpf.open("process", this.#object, {
      maps: { process_events: { maxEntries: this.#settings.ringBytes } },
    });
    this.#loaded.load();
    this.#ring = new RingReader(this.#loaded.map("process_events").ring());
    for (const program of this.#loaded.programs) program.attach();
    // After attaching: what starts meanwhile is in the ring, and known by one way or the other.
    await scan(this.#procfs, this.#table, this.#stopping.signal);
    this.#schedule(this.drain());
  }

  /** Stops; the table stays readable. Safe before start, and twice. */
  async shutdown(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#repairing;
    this.#ring = undefined;
    this.#loaded?.close();
    this.#loaded = undefined;
  }

  /** Applies what the kernel has reported until now; the timer does it otherwise. Returns the number of events. */
  drain(): number {
    if (!this.#ring) return 0;
    let bytes = this.#ring.pendingBytes;
    const events = this.#ring.drain((view, offset, length) => {
      const event = decodeProcessEvent(view, offset, length);
      if (event) this.#table.apply(event);
    });
    bytes += this.#ring.pendingBytes;
    // What came since the last drain would have fitted beside any event more: then none was refused.
    this.#mayHaveLost ||= bytes + MAX_EVENT_BYTES > this.#settings.ringBytes;
    this.#table.expire();
    this.#lookForMisses();
    this.#repairAfterLoss();
    return events;
  }

  /** Events the kernel could not report since the start; zeros when it is not running. */
  lost(): LostProcessEvents {
    const map = this.#loaded?.map("lost_process_events");
    if (!map) return { exec: 0, fork: 0, exit: 0, missed: 0 };
    const [exec, fork, exit] = [sumOverCpus(map, 0), sumOverCpus(map, 1), sumOverCpus(map, 2)];
    return { exec, fork, exit, missed: this.#misses() };
  }

  /** How often the table was compared with /proc because events were lost. */
  get repairs(): number {
    return this.#repairs;
  }

  #schedule(events: number): void {
    if (this.#stopping.signal.aborted) return;
    const { busyIntervalMs, idleIntervalMs } = this.#settings;
    this.#timer = setTimeout(
      () => this.#schedule(this.drain()),
      events > 0 ? busyIntervalMs : idleIntervalMs,
    ).unref();
  }

  #misses(): number {
    const { programs = [] } = this.#loaded ?? {};
    return programs.reduce((sum, program) => sum + Number(program.recursionMisses()), 0);
  }

  /** A system call for each program, so not with every drain. */
  #lookForMisses(): void {
    const now = performance.now();
    if (now - this.#lastLookMs < this.#settings.repairIntervalMs) return;
    this.#lastLookMs = now;
    const misses = this.#misses();
    this.#mayHaveLost ||= misses > this.#knownMisses;
    this.#knownMisses = misses;
  }

  #repairAfterLoss(): void {
    if (!this.#mayHaveLost) return;
    const { exec, fork, exit, missed } = this.lost();
    const losses = exec + fork + exit + missed;
    if (losses === this.#repairedLosses) {
      this.#mayHaveLost = false;
      return;
    }
    const tooSoon = performance.now() - this.#lastRepairMs < this.#settings.repairIntervalMs;
    if (this.#isRepairing || tooSoon) return;
    this.#isRepairing = true;
    this.#repairing = this.#repair(losses);
  }

  async #repair(losses: number): Promise<void> {
    try {
      await scan(this.#procfs, this.#table, this.#stopping.signal);
      this.#repairedLosses = losses;
      this.#repairs += 1;
    } catch {
      // /proc could not be listed: the losses are not made good, so a later drain tries again.
    } finally {
      this.#isRepairing = false;
      this.#lastRepairMs = performance.now();
    }
  }
}

function sumOverCpus(map: BpfMap, index: number): number {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(index);
  const values = Buffer.alloc(map.valueSize);
  map.lookup(key, values);
  let sum = 0;
  for (let at = 0; at < values.length; at += 8) sum += Number(values.readBigUInt64LE(at));
  return sum;
}
