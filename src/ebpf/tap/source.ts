// Where receivers get HTTP from: the tap, and the processes its records are of. The kernel is one; a recording can be.
import type { Libbpf } from "../../native/libbpf.ts";
import type { Nanos } from "../../pdata/index.ts";
import { readHostIdentity } from "../process/host.ts";
import type { Process } from "../process/process.ts";
import { Procfs } from "../process/procfs.ts";
import { type Service, Services } from "../process/service.ts";
import { ProcessTable } from "../process/table.ts";
import { DEFAULT_PROCESS_TAP_SETTINGS, ProcessTap } from "../process/tap.ts";
import { MonotonicClock } from "./clock.ts";
import type { HttpTap } from "./http-tap.ts";
import { readBpfObject } from "./objects.ts";
import { type HttpTapSettings, openHttpTap } from "./open.ts";

/** Gives the time of day of what the tap reports. */
export interface SourceClock {
  /** Add it to a CLOCK_MONOTONIC time to get time of day. The same object, changed by `refresh`. */
  readonly offset: Nanos;
  /** Looks whether somebody set the clock. */
  refresh(): void;
  /** Sets `into` to the time of day now. */
  now(into: Nanos): Nanos;
}

/** Names the service of a process. */
export interface ServiceNames {
  serviceOf(process: Process): Pick<Service, "attributes">;
}

/** A running tap with the process table that belongs to it. */
export interface HttpSource {
  readonly tap: HttpTap;
  readonly processes: ProcessTable;
  readonly services: ServiceNames;
  readonly clock: SourceClock;
  /** What feeds it, for the log. */
  readonly description: Readonly<Record<string, unknown>>;
  /** Brings the process table up to date: before records are read, so that their processes are known. */
  drainProcesses(): void;
  close(): Promise<void>;
}

export type OpenHttpSource = (settings: HttpTapSettings) => Promise<HttpSource>;

/** Where the host's files are, as the Collector's host receivers have it. */
export interface HostPaths {
  readonly proc: string;
  readonly cgroup: string;
}

/** Reads HOST_PROC and HOST_SYS, which containers set to where the host's are mounted. */
export function hostPaths(environment: NodeJS.ProcessEnv = process.env): HostPaths {
  const sys = environment.HOST_SYS || "/sys";
  return { proc: environment.HOST_PROC || "/proc", cgroup: `${sys}/fs/cgroup` };
}

/** 4,200 bytes at most for an exec: room for some hundred between two drains. */
const PROCESS_RING_BYTES = 256 << 10;
/** Whoever drains records drains processes first, twice a second at least; this is for when nobody does. */
const PROCESS_INTERVAL_MS = 5000;
/**
 * How often freed memory goes back to the kernel, of which malloc keeps what lies between what is in use: what loading the
 * programs took, and some 7 MB under load. Takes 1 ms at most, 0.2 ms when there is nothing to do.
 */
const TRIM_INTERVAL_MS = 5000;

/** Opens the kernel's source. Rejects with a TapError when this kernel cannot be watched. */
export async function openKernelSource(
  libbpf: Libbpf,
  paths: HostPaths,
  settings: HttpTapSettings,
): Promise<HttpSource> {
  const procfs = new Procfs(paths.proc, paths.cgroup);
  const processes = new ProcessTable(procfs);
  const processTap = new ProcessTap(libbpf, readBpfObject("process"), procfs, processes, {
    ...DEFAULT_PROCESS_TAP_SETTINGS,
    ringBytes: PROCESS_RING_BYTES,
    busyIntervalMs: PROCESS_INTERVAL_MS,
    idleIntervalMs: PROCESS_INTERVAL_MS,
  });
  const tap = openHttpTap(libbpf, readBpfObject("http"), settings);
  try {
    await processTap.start();
  } catch (cause) {
    tap.close();
    throw cause;
  }
  libbpf.trimMemory();
  const trimTimer = setInterval(() => libbpf.trimMemory(), TRIM_INTERVAL_MS).unref();
  return {
    tap,
    processes,
    services: new Services(readHostIdentity(), procfs),
    clock: new MonotonicClock(),
    description: { hook: tap.hook, map_memory_bytes: tap.memoryBytes },
    drainProcesses: () => processTap.drain(),
    async close() {
      clearInterval(trimTimer);
      tap.close();
      await processTap.shutdown();
    },
  };
}
