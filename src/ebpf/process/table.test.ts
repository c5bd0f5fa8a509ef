import { describe, expect, it } from "vitest";
import { describeCgroup } from "./cgroup.ts";
import { NO_ENVIRONMENT } from "./environment.ts";
import type { ExecEvent, ForkEvent, ProcessEvent } from "./events.ts";
import type { Process } from "./process.ts";
import { Procfs } from "./procfs.ts";
import { ProcessTable, type ProcessTableSettings } from "./table.ts";

const SECOND_NS = 1e9;
/** A /proc without processes: all there is to know is in the events. */
const EMPTY_PROC = new Procfs("/nowhere", "/nowhere");
const GROUP = describeCgroup(42, false, "/system.slice/a.service");

function exec(pid: number, startNs: number, executable = "/bin/a", args = ["a"]): ExecEvent {
  return {
    type: "exec",
    pid,
    startNs,
    timeNs: startNs + 1000,
    parentPid: 1,
    uid: 0,
    netns: 9,
    command: executable.slice(5, 20),
    executable,
    cgroup: GROUP,
    args,
    environment: { serviceName: `service of ${executable}`, resourceAttributes: new Map() },
    truncated: false,
  };
}

function fork(pid: number, startNs: number, parentPid: number): ForkEvent {
  return {
    type: "fork",
    pid,
    startNs,
    timeNs: startNs,
    parentPid,
    uid: 33,
    netns: 9,
    command: "thread-name",
    kernelThread: false,
    cgroupId: GROUP.id,
    cgroupV1: GROUP.v1,
  };
}

function exit(pid: number, startNs: number, timeNs = startNs + SECOND_NS): ProcessEvent {
  return { type: "exit", pid, startNs, timeNs };
}

function seen(pid: number, startNs: number, executable: string): Process {
  const { parentPid, uid, netns, command, args, cgroup } = exec(pid, startNs, executable);
  const environment = NO_ENVIRONMENT;
  return {
    pid,
    startNs,
    parentPid,
    executable,
    command,
    args,
    uid,
    netns,
    cgroup,
    environment,
    kernelThread: false,
    exitNs: undefined,
  };
}

const clock = { ms: 0 };

function table(settings: Partial<ProcessTableSettings> = {}, ...events: ProcessEvent[]): ProcessTable {
  clock.ms = 1000;
  const created = new ProcessTable(
    EMPTY_PROC,
    { maxProcesses: 100, maxDead: 50, graceMs: 30_000, ...settings },
    () => clock.ms,
  );
  for (const event of events) created.apply(event);
  return created;
}

describe("ProcessTable", () => {
  it("gives a child its parent's identity until it runs a program of its own", () => {
    const processes = table({}, exec(10, SECOND_NS, "/bin/parent"), fork(11, 2 * SECOND_NS, 10));
    const child = processes.get(11);
    expect(child).toMatchObject({
      parentPid: 10,
      executable: "/bin/parent",
      uid: 33,
      command: "thread-name",
    });
    expect(child?.environment).toBe(processes.get(10)?.environment);
    expect(child?.cgroup).toBe(GROUP);
    processes.apply(exec(11, 2 * SECOND_NS, "/bin/child"));
    expect(processes.get(11)).toMatchObject({ executable: "/bin/child", startNs: 2 * SECOND_NS });
    expect(processes.stats.live).toBe(2);
  });

  it("knows a child of which it knew no parent by what its event says", () => {
    expect(table({}, fork(11, SECOND_NS, 10)).get(11)).toMatchObject({
      executable: "",
      command: "thread-name",
    });
  });

  it("keeps the dead for the time of grace", () => {
    const processes = table({}, exec(10, SECOND_NS), exit(10, SECOND_NS));
    clock.ms += 29_999;
    processes.expire();
    expect(processes.get(10)).toMatchObject({ executable: "/bin/a", exitNs: 2 * SECOND_NS });
    clock.ms += 1;
    processes.expire();
    expect(processes.get(10)).toBeUndefined();
    expect(processes.stats).toEqual({ live: 0, dead: 0, evicted: 0, refused: 0 });
  });

  it("finds each of those that had a pid by their start", () => {
    const processes = table();
    for (let start = 1; start <= 4; start += 1) {
      processes.apply(exec(10, start * SECOND_NS, `/bin/${start}`));
      if (start < 4) processes.apply(exit(10, start * SECOND_NS));
    }
    for (let start = 1; start <= 4; start += 1) {
      expect(processes.getAt(10, start * SECOND_NS)?.executable).toBe(`/bin/${start}`);
    }
    expect(processes.getAt(10, 5 * SECOND_NS)).toBeUndefined();
    expect(processes.get(10)?.executable).toBe("/bin/4");
    clock.ms += 30_000;
    processes.expire();
    expect(processes.getAt(10, 3 * SECOND_NS)).toBeUndefined();
    expect(processes.get(10)?.executable).toBe("/bin/4");
    expect(processes.stats).toMatchObject({ live: 1, dead: 0 });
  });

  it("takes the 10 ms of /proc and the nanoseconds of the kernel for the same start", () => {
    const processes = table();
    processes.found(seen(10, 7_650_000_000, "/bin/a"));
    const known = processes.get(10);
    processes.apply(fork(10, 7_654_321_098, 1));
    expect(processes.get(10)).toBe(known);
    expect(known?.startNs).toBe(7_654_321_098);
    processes.apply(exit(10, 7_654_321_098));
    expect(known?.exitNs).toBeGreaterThan(0);
  });

  it("ends a process whose pid is in use again, though its exit was lost", () => {
    const processes = table({}, exec(10, SECOND_NS), exec(10, 5 * SECOND_NS));
    expect(processes.getAt(10, SECOND_NS)?.exitNs).toBe(5 * SECOND_NS);
    expect(processes.stats).toMatchObject({ live: 1, dead: 1 });
  });

  it("ignores the exit of one who had the pid before, and second and unknown exits", () => {
    const processes = table({}, exec(10, 5 * SECOND_NS), exit(10, SECOND_NS), exit(99, SECOND_NS));
    expect(processes.get(10)?.exitNs).toBeUndefined();
    let exits = 0;
    processes.onExit(() => {
      exits += 1;
    });
    processes.apply(exit(10, 5 * SECOND_NS, 6 * SECOND_NS));
    processes.apply(exit(10, 5 * SECOND_NS, 7 * SECOND_NS));
    expect(exits).toBe(1);
    expect(processes.get(10)?.exitNs).toBe(6 * SECOND_NS);
  });

  it("does not bring a dead process back when a scan that saw it alive comes late", () => {
    const processes = table({}, exec(10, SECOND_NS), exit(10, SECOND_NS));
    processes.found(seen(10, SECOND_NS, "/bin/other"));
    expect(processes.get(10)).toMatchObject({ executable: "/bin/a", exitNs: 2 * SECOND_NS });
  });

  it("takes a program that a scan found and no event told of, and leaves a known one as it is", () => {
    const processes = table({}, exec(10, SECOND_NS));
    const known = processes.get(10);
    processes.found(seen(10, SECOND_NS, "/bin/a"));
    expect(processes.get(10)).toBe(known);
    processes.found(seen(10, SECOND_NS, "/bin/b"));
    expect(processes.get(10)?.executable).toBe("/bin/b");
    expect(processes.stats.live).toBe(1);
  });

  it("drops the oldest dead beyond their limit, and counts them", () => {
    const processes = table({ maxDead: 2 });
    for (let pid = 10; pid < 15; pid += 1) {
      processes.apply(exec(pid, SECOND_NS));
      processes.apply(exit(pid, SECOND_NS));
    }
    expect([10, 11, 12, 13, 14].map((pid) => processes.get(pid) !== undefined)).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(processes.stats).toEqual({ live: 0, dead: 2, evicted: 3, refused: 0 });
  });

  it("makes room for the living among the dead, and refuses new ones only when all live", () => {
    const processes = table(
      { maxProcesses: 3 },
      exec(10, SECOND_NS),
      exec(11, SECOND_NS),
      exec(12, SECOND_NS),
    );
    processes.apply(exit(11, SECOND_NS));
    processes.apply(exec(13, SECOND_NS));
    expect(processes.get(11)).toBeUndefined();
    processes.apply(exec(14, SECOND_NS));
    expect(processes.get(14)).toBeUndefined();
    expect(processes.stats).toEqual({ live: 3, dead: 0, evicted: 1, refused: 1 });
    processes.apply(exec(13, SECOND_NS, "/bin/next"));
    expect(processes.get(13)?.executable).toBe("/bin/next");
  });

  it("tells subscribers of starts, programs and exits, and no more after they left", () => {
    const processes = table();
    const told: string[] = [];
    const leave = [
      processes.onStart(({ pid, executable }) => told.push(`start ${pid} ${executable}`)),
      processes.onExit(({ pid, executable, exitNs }) => told.push(`exit ${pid} ${executable} ${exitNs}`)),
    ];
    const life = [
      exec(10, SECOND_NS),
      fork(11, 2 * SECOND_NS, 10),
      exec(11, 2 * SECOND_NS, "/bin/b"),
      exit(11, 2 * SECOND_NS),
    ];
    for (const event of life) processes.apply(event);
    for (const unsubscribe of leave) unsubscribe();
    processes.apply(exit(10, SECOND_NS));
    expect(told).toEqual([
      "start 10 /bin/a",
      "start 11 /bin/a",
      "start 11 /bin/b",
      "exit 11 /bin/b 3000000000",
    ]);
  });

  it("lists the living only", () => {
    const processes = table(
      {},
      exec(10, SECOND_NS),
      exec(11, SECOND_NS),
      exit(10, SECOND_NS),
      exec(10, 3 * SECOND_NS),
    );
    processes.missed(processes.get(11)!);
    expect([...processes.live()].map(({ pid, startNs }) => [pid, startNs])).toEqual([[10, 3 * SECOND_NS]]);
  });

  it("counts right through a random life, whatever order events come in", () => {
    const processes = table({ maxProcesses: 40, maxDead: 10, graceMs: 50 });
    let random = 12345;
    const next = (below: number): number => {
      random = (random * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((random / 2 ** 31) * below);
    };
    for (let round = 0; round < 20_000; round += 1) {
      const pid = next(60);
      const startNs = next(5) * SECOND_NS;
      clock.ms += 1;
      const event = [exec(pid, startNs), fork(pid, startNs, next(60)), exit(pid, startNs)][
        next(3)
      ] as ProcessEvent;
      processes.apply(event);
      if (next(10) === 0) processes.expire();
    }
    const { live, dead } = processes.stats;
    expect([...processes.live()]).toHaveLength(live);
    expect(live + dead).toBeLessThanOrEqual(40);
    expect(dead).toBeLessThanOrEqual(10);
    for (const process of [...processes.live()]) processes.missed(process);
    clock.ms += 50;
    processes.expire();
    expect(processes.stats).toMatchObject({ live: 0, dead: 0 });
    for (let pid = 0; pid < 60; pid += 1) expect(processes.get(pid)).toBeUndefined();
  });
});
