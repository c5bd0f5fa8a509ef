// One process table for all that watch the same host: its events, its memory and the look through /proc are paid once.
import type { Libbpf } from "../../native/libbpf.ts";
import { readBpfObject } from "../tap/objects.ts";
import { Procfs } from "./procfs.ts";
import { ProcessTable } from "./table.ts";
import { DEFAULT_PROCESS_TAP_SETTINGS, ProcessTap, type ProcessTapSettings } from "./tap.ts";

/** 4,200 bytes at most for an exec: room for some hundred between two drains. */
const RING_BYTES = 256 << 10;
/** Whoever drains records drains processes first, twice a second at least; this is for when nobody does. */
const INTERVAL_MS = 5000;
const SETTINGS: ProcessTapSettings = {
  ...DEFAULT_PROCESS_TAP_SETTINGS,
  ringBytes: RING_BYTES,
  busyIntervalMs: INTERVAL_MS,
  idleIntervalMs: INTERVAL_MS,
};

/** A share in a process table that is kept up to date. */
export interface ProcessWatch {
  readonly table: ProcessTable;
  readonly procfs: Procfs;
  /** Brings the table up to date. */
  drain(): void;
  /** Gives the share back; the last one ends the watching. May be called twice. */
  close(): Promise<void>;
}

interface SharedTable {
  readonly table: ProcessTable;
  readonly procfs: Procfs;
  readonly tap: ProcessTap;
  readonly started: Promise<void>;
  users: number;
}

const sharedTables = new Map<string, SharedTable>();

/** Takes a share in the table of a host, by where its /proc and cgroups are. Rejects where the kernel refuses the programs. */
export async function watchProcesses(
  libbpf: Libbpf,
  procRoot: string,
  cgroupRoot: string,
): Promise<ProcessWatch> {
  const key = `${procRoot}\0${cgroupRoot}`;
  const shared = sharedTables.get(key) ?? begin(libbpf, procRoot, cgroupRoot);
  sharedTables.set(key, shared);
  shared.users++;
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    shared.users--;
    if (shared.users > 0) return;
    sharedTables.delete(key); // whoever comes now begins anew
    await shared.tap.shutdown();
  };
  try {
    await shared.started;
  } catch (cause) {
    await close();
    throw cause;
  }
  const { table, procfs, tap } = shared;
  return { table, procfs, drain: () => void tap.drain(), close };
}

function begin(libbpf: Libbpf, procRoot: string, cgroupRoot: string): SharedTable {
  const procfs = new Procfs(procRoot, cgroupRoot);
  const table = new ProcessTable(procfs);
  const tap = new ProcessTap(libbpf, readBpfObject("process"), procfs, table, SETTINGS);
  return { procfs, table, tap, started: tap.start(), users: 0 };
}
