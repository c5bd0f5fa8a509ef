// A running agent's counters where `wattspan doctor` finds them: one small file for each receiver with a tap.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTicks } from "../process/start-ticks.ts";
import type { HttpSource } from "../tap/source.ts";

/** Where the files are, unless the variable says otherwise: memory, emptied at boot. */
const DEFAULT_FOLDER = "/run/wattspan";
export const STATUS_FOLDER_VARIABLE = "WATTSPAN_STATUS_DIR";
const WRITE_INTERVAL_MS = 10_000;

export interface AgentStatus {
  readonly pid: number;
  /** Against pid reuse: as /proc/<pid>/stat has it. */
  readonly startTicks: number;
  /** The receiver's id. */
  readonly receiver: string;
  readonly version: string;
  /** What feeds the receiver. */
  readonly source: Readonly<Record<string, unknown>>;
  /** When it was written, ISO 8601. */
  readonly updated: string;
  readonly counters: Readonly<Record<string, number>>;
}

export function statusFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment[STATUS_FOLDER_VARIABLE] || DEFAULT_FOLDER;
}

export interface StatusSettings {
  readonly folder: string;
  readonly receiver: string;
  readonly version: string;
}

/**
 * Gives the same source, whose status is in a file until it is closed. A folder that cannot be written is no reason not to
 * run: there is no file then.
 */
export function withStatusFile(
  source: HttpSource,
  { folder, receiver, version }: StatusSettings,
): HttpSource {
  const path = join(folder, `${process.pid}-${receiver.replaceAll("/", "_")}.json`);
  const write = () => {
    const status: AgentStatus = {
      pid: process.pid,
      startTicks: startTicks(process.pid) ?? 0,
      receiver,
      version,
      source: source.description,
      updated: new Date().toISOString(),
      counters: numbers(source.tap.counters()),
    };
    replaceFile(path, JSON.stringify(status));
  };
  attempt(() => mkdirSync(folder, { recursive: true, mode: 0o755 }));
  attempt(() => removeStale(folder));
  attempt(write);
  const timer = setInterval(() => attempt(write), WRITE_INTERVAL_MS).unref();
  return {
    ...source,
    drainProcesses: () => source.drainProcesses(),
    async close() {
      clearInterval(timer);
      attempt(() => rmSync(path, { force: true }));
      await source.close();
    },
  };
}

/** The status files of agents that still run. */
export function readStatuses(folder: string, procRoot = "/proc"): AgentStatus[] {
  return statusFiles(folder)
    .map((name) => parseStatus(join(folder, name)))
    .filter((status) => status !== undefined)
    .filter((status) => isAlive(status, procRoot));
}

/** Removes what agents left that were killed. */
function removeStale(folder: string): void {
  for (const name of statusFiles(folder)) {
    const status = parseStatus(join(folder, name));
    if (status && !isAlive(status, "/proc")) rmSync(join(folder, name), { force: true });
  }
}

function isAlive(status: AgentStatus, procRoot: string): boolean {
  return startTicks(status.pid, procRoot) === status.startTicks;
}

function statusFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return []; // no agent has run since boot, or none that may write there
  }
}

/** Undefined where the file is gone, not ours to read, or not a status. */
function parseStatus(path: string): AgentStatus | undefined {
  try {
    const status = JSON.parse(readFileSync(path, "utf8"));
    const isStatus = typeof status?.pid === "number" && typeof status.counters === "object";
    return isStatus ? status : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever reads sees the old text or the new one. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o644 });
  renameSync(`${path}.new`, path);
}

function numbers(counters: Readonly<Record<string, bigint>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).map(([name, value]) => [name, Number(value)]));
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Not ours to write, or the disk is full: doctor says that it found no agent.
  }
}
