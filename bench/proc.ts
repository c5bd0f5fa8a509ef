// What /proc tells about a process: CPU time, memory, and the BPF programs and maps it holds.
import { readdirSync, readFileSync } from "node:fs";

/**
 * CPU time of a process in microseconds, user and system. From the scheduler's own sums where the kernel keeps them
 * (nanoseconds, but only of threads that still run), else from utime and stime (10 ms steps).
 */
export function cpuUs(pid: number): number {
  const exact = threadsUs(pid);
  return exact > 0 ? exact : ticksUs(pid);
}

function threadsUs(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readOrEmpty(`/proc/${pid}/task/${thread}/schedstat`);
    ns += Number(text.split(" ", 1)[0] || 0);
  }
  return ns / 1000;
}

/** The 14th and 15th fields of /proc/<pid>/stat, in ticks of 10 ms. The second, a name in brackets, may hold spaces. */
export function ticksUs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Memory of a process, in bytes. */
export interface Memory {
  readonly rss: number;
  readonly anonymous: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN);
  return { rss: kib("Rss") * 1024, anonymous: kib("Anonymous") * 1024 };
}

/** BPF programs and maps whose file descriptors a process holds. Counts and times only grow while statistics are on. */
export interface BpfUse {
  readonly runs: number;
  readonly timeNs: number;
  readonly programs: number;
  readonly maps: number;
  readonly mapBytes: number;
  readonly programBytes: number;
}

export function bpfOf(pid: number): BpfUse {
  const programs = new Map<string, Fields>();
  const maps = new Map<string, Fields>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const fields = fieldsOf(readOrEmpty(`/proc/${pid}/fdinfo/${fd}`));
    if (fields.run_cnt !== undefined) programs.set(fields.prog_id ?? fd, fields);
    else if (fields.map_id !== undefined) maps.set(fields.map_id, fields);
  }
  return {
    runs: sum(programs, "run_cnt"),
    timeNs: sum(programs, "run_time_ns"),
    programs: programs.size,
    maps: maps.size,
    mapBytes: sum(maps, "memlock"),
    programBytes: sum(programs, "memlock"),
  };
}

type Fields = Readonly<Partial<Record<string, string>>>;

function fieldsOf(text: string): Fields {
  return Object.fromEntries(
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(":\t")),
  );
}

function sum(all: ReadonlyMap<string, Fields>, field: string): number {
  return [...all.values()].reduce((total, fields) => total + Number(fields[field] ?? 0), 0);
}

/** Descriptors and threads come and go while they are listed. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
