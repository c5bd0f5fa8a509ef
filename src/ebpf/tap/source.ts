// Where receivers get HTTP from: the tap, and the processes its records are of. The kernel is one; a recording can be.
import type { Libbpf } from "../../native/libbpf.ts";
import type { Nanos } from "../../pdata/index.ts";
import { readHostIdentity } from "../process/host.ts";
import type { Process } from "../process/process.ts";
import { type Service, Services } from "../process/service.ts";
import { type ProcessWatch, watchProcesses } from "../process/shared.ts";
import type { ProcessTable } from "../process/table.ts";
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
  const tap = openHttpTap(libbpf, readBpfObject("http"), settings);
  let watch: ProcessWatch;
  try {
    watch = await watchProcesses(libbpf, paths.proc, paths.cgroup);
  } catch (cause) {
    tap.close();
    throw cause;
  }
  libbpf.trimMemory();
  const trimTimer = setInterval(() => libbpf.trimMemory(), TRIM_INTERVAL_MS).unref();
  return {
    tap,
    processes: watch.table,
    services: new Services(readHostIdentity(), watch.procfs),
    clock: new MonotonicClock(),
    description: { hook: tap.hook, map_memory_bytes: tap.memoryBytes },
    drainProcesses: () => watch.drain(),
    async close() {
      clearInterval(trimTimer);
      tap.close();
      await watch.close();
    },
  };
}
