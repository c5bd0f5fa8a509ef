// The process table before real processes: what the kernel reports is compared with what they did and with /proc.
import { execFile, execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Process } from "../../src/ebpf/process/process.ts";
import { Procfs } from "../../src/ebpf/process/procfs.ts";
import {
  DEFAULT_PROCESS_TABLE_SETTINGS,
  ProcessTable,
  type ProcessTableSettings,
} from "../../src/ebpf/process/table.ts";
import {
  DEFAULT_PROCESS_TAP_SETTINGS,
  ProcessTap,
  type ProcessTapSettings,
} from "../../src/ebpf/process/tap.ts";
import { loadLibbpf } from "../../src/native/load.ts";
import { buildProcs, type ProcsOptions, paused } from "../support/procs.ts";

const OBJECT = readFileSync(join(import.meta.dirname, "../../build/bpf/process.bpf.o"));
const PROCS = realpathSync(buildProcs());
/** No drain but those the test asks for. */
/** Under emulation each takes ten times as long. */
const SHORT_PROCESSES = process.env.WATTSPAN_EMULATED ? 1500 : 10_000;
const BY_HAND = { busyIntervalMs: 3_600_000, idleIntervalMs: 3_600_000, repairIntervalMs: 0 };
const CONTAINER_ID = "3f1e9a8d2c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1";

const procfs = new Procfs("/proc", "/sys/fs/cgroup");
const folder = mkdtempSync(join(tmpdir(), "wattspan-process-"));
chmodSync(folder, 0o755); // also for those who change their user
afterAll(() => rmSync(folder, { recursive: true }));

let table: ProcessTable;
let tap: ProcessTap;

async function open(
  tapSettings: Partial<ProcessTapSettings> = {},
  tableSettings: Partial<ProcessTableSettings> = {},
): Promise<void> {
  table = new ProcessTable(procfs, { ...DEFAULT_PROCESS_TABLE_SETTINGS, ...tableSettings });
  tap = new ProcessTap(loadLibbpf(), OBJECT, procfs, table, {
    ...DEFAULT_PROCESS_TAP_SETTINGS,
    ...BY_HAND,
    ...tapSettings,
  });
  await tap.start();
}

/** What ran while `body` did, of the service `mark`, in order of its start; all is drained afterwards. */
async function started(mark: string, body: () => unknown): Promise<Process[]> {
  const found: Process[] = [];
  const unsubscribe = table.onStart((process) => {
    if (process.environment.serviceName === mark) found.push(process);
  });
  await body();
  tap.drain();
  unsubscribe();
  return found;
}

/** What ran last of the service `mark`: a program of procs that is dead before anything is read. */
async function dead(mark: string, args: readonly string[], options: ProcsOptions = {}): Promise<Process> {
  const { program = PROCS, argv0 = "procs", env } = options;
  const processes = await started(mark, () => {
    const run = spawnSync(program, args, { argv0, env: { ...env, OTEL_SERVICE_NAME: mark } });
    if (run.status !== 0) throw new Error(`procs ended with ${run.status ?? run.error}: ${run.stderr}`);
  });
  const process = processes.at(-1)!;
  expect(process.exitNs).toBeGreaterThan(process.startNs);
  return process;
}

describe("the process table", () => {
  beforeAll(() => open());
  afterAll(() => tap.shutdown());

  it("knows this process, its parent and the kernel's threads from the start", () => {
    const self = table.get(process.pid)!;
    expect(self.executable).toBe(process.execPath);
    expect(table.get(process.ppid)?.exitNs).toBeUndefined();
    expect(table.get(2)).toMatchObject({ command: "kthreadd", kernelThread: true, executable: "" });
  });

  it("tells of a new process exactly what /proc tells", async () => {
    const env = {
      A: "1",
      OTEL_SERVICE_NAME: "shop",
      OTEL_RESOURCE_ATTRIBUTES: "team=a%20b,service.namespace=x",
    };
    const child = await paused(["pause", "", "two words", "last"], { argv0: "renamed", env });
    tap.drain();
    const known = table.get(child.pid)!;
    const { startNs, ...rest } = procfs.read(child.pid)!;
    expect(known).toMatchObject(rest);
    expect(known.args).toEqual(["renamed", "pause", "", "two words", "last"]);
    expect(known.environment.serviceName).toBe("shop");
    expect(known.environment.resourceAttributes.get("team")).toBe("a b");
    expect(Math.floor(known.startNs / 1e7)).toBe(startNs / 1e7);
    expect(table.getAt(child.pid, startNs)).toBe(known);
    expect(known.parentPid).toBe(process.pid);
    await child.end();
    tap.drain();
    expect(known.exitNs).toBeGreaterThan(known.startNs);
    expect(table.get(child.pid)).toBe(known);
  });

  it("knows what a process was that died before its events were read", async () => {
    const process = await dead("brief", ["exit", "", "now"], { env: { OTEL_RESOURCE_ATTRIBUTES: "a=b" } });
    expect(process).toMatchObject({
      executable: PROCS,
      command: "procs",
      args: ["procs", "exit", "", "now"],
    });
    expect([...process.environment.resourceAttributes]).toEqual([["a", "b"]]);
    expect(table.get(process.pid)).toBe(process);
  });

  it("follows a tree of processes", async () => {
    const child = await paused(["fork"]);
    tap.drain();
    const parent = table.get(child.pid)!;
    const grandchild = table.get(child.childPid)!;
    expect(grandchild).toMatchObject({ parentPid: child.pid, executable: PROCS, args: ["procs", "fork"] });
    expect(grandchild.startNs).toBeGreaterThan(parent.startNs);
    expect(grandchild.environment).toBe(parent.environment);
    expect(grandchild.cgroup).toBe(parent.cgroup);
    await child.end();
    const exitOfGrandchild = (): number | undefined => {
      tap.drain();
      return grandchild.exitNs;
    };
    await expect.poll(exitOfGrandchild).toBeGreaterThan(0);
  });

  it("takes threads for what they are", async () => {
    const starts = await started("threads", async () => {
      const child = await paused(["threads", "300"], { env: { OTEL_SERVICE_NAME: "threads" } });
      await child.end();
    });
    expect(starts).toHaveLength(1);
    expect(starts[0]?.exitNs).toBeGreaterThan(0);
  });

  it("keeps a process whose first thread has ended", async () => {
    const child = await paused(["leader-exits"]);
    tap.drain();
    expect(table.get(child.pid)?.exitNs).toBeUndefined();
    expect(procfs.read(child.pid)?.command).toBe("procs");
    await child.end();
    tap.drain();
    expect(table.get(child.pid)?.exitNs).toBeGreaterThan(0);
  });

  it("sees an exec from a thread as the process's own", async () => {
    const child = await paused(["thread-exec", "pause", "threaded"]);
    tap.drain();
    const known = table.get(child.pid)!;
    expect(known.args).toEqual(["procs", "pause", "threaded"]);
    expect(known.exitNs).toBeUndefined();
    expect(table.getAt(child.pid, procfs.startNs(child.pid)!)).toBe(known);
    await child.end();
    tap.drain();
    expect(known.exitNs).toBeGreaterThan(0);
  });

  it("has the effective user of the last exec", async () => {
    const process = await dead("user", ["setuid", "12345", "exit"]);
    expect(process).toMatchObject({ uid: 12345, args: ["procs", "exit"] });
  });

  it("finds the variables behind long ones and many others", async () => {
    const many = Array.from({ length: 400 }, (_, index) => [`VARIABLE_${index}`, "x".repeat(index)]);
    const env = { ...Object.fromEntries(many), LONG: "y".repeat(100_000), OTEL_RESOURCE_DETECTORS: "none" };
    const process = await dead("behind", ["exit", "z".repeat(100_000)], { env });
    expect(process.environment.resourceAttributes.size).toBe(0);
    expect(process.args.join(" ")).toHaveLength(512);
  });

  it("asks a living process for what its event could not carry", async () => {
    const many = Array.from({ length: 600 }, (_, index) => [`VARIABLE_${index}`, "x"]);
    const value = "v".repeat(3000);
    const env = {
      ...Object.fromEntries(many),
      OTEL_RESOURCE_ATTRIBUTES: `long=${value}`,
      OTEL_SERVICE_NAME: "last",
    };
    const child = await paused(["pause"], { env });
    tap.drain();
    const { serviceName, resourceAttributes } = table.get(child.pid)!.environment;
    expect(serviceName).toBe("last");
    expect(resourceAttributes.get("long")).toBe(value);
    await child.end();
  });

  it("names executables that are scripts, links, deleted, deep, or not in UTF-8", async () => {
    const script = join(folder, "script");
    writeFileSync(script, `#!${PROCS} exit\n`, { mode: 0o755 });
    expect(await dead("script", [], { program: script })).toMatchObject({
      executable: PROCS,
      command: "script",
    });

    const link = join(folder, "link");
    symlinkSync(PROCS, link);
    expect(await dead("link", ["exit"], { program: link })).toMatchObject({
      executable: PROCS,
      command: "link",
    });

    const deep = join(folder, "d".repeat(200), "e".repeat(200), "f".repeat(200));
    mkdirSync(deep, { recursive: true });
    copyFileSync(PROCS, join(deep, "deep"));
    const child = await paused(["pause"], { program: join(deep, "deep") });
    tap.drain();
    expect(table.get(child.pid)?.executable).toBe(join(deep, "deep"));
    await child.end();
    expect((await dead("deep", ["exit"], { program: join(deep, "deep") })).executable).toMatch(
      /^….*\/f{200}\/deep$/,
    );

    const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x6f, 0xff, 0x20, 0x29])]);
    copyFileSync(PROCS, odd);
    const processes = await started("odd", () =>
      spawnSync("/bin/sh", ["-c", "exec ./o* exit"], { cwd: folder, env: { OTEL_SERVICE_NAME: "odd" } }),
    );
    expect(processes.at(-1)).toMatchObject({ executable: `${folder}/o\ufffd )`, command: "o\ufffd )" });

    const gone = join(folder, "gone");
    copyFileSync(PROCS, gone);
    const left = await paused(["pause"], { program: gone });
    unlinkSync(gone);
    tap.drain();
    expect(table.get(left.pid)?.executable).toBe(gone);
    expect(procfs.read(left.pid)?.executable).toBe(gone);
    await left.end();
  });

  it("tells the one who had a pid from the one who has it", async () => {
    const first = await dead("first", ["exit"]);
    await setTimeout(20); // start times are told apart from 10 ms
    const second = await dead("second", ["at-pid", String(first.pid), "exit", "again"]);
    expect(second.pid).toBe(first.pid);
    expect(table.get(first.pid)).toBe(second);
    expect(table.getAt(first.pid, first.startNs)).toBe(first);
    expect(table.getAt(first.pid, second.startNs)).toBe(second);
    expect(table.getAt(first.pid, second.startNs + 1e9)).toBeUndefined();
  });

  it("knows the container and the pod of a process whose group is gone", async () => {
    const hierarchy = join(folder, "cgroup2");
    mkdirSync(hierarchy);
    execFileSync("mount", ["-t", "cgroup2", "none", hierarchy]);
    const pod = join(hierarchy, "kubepods-pod8f1b2c3d_4e5f_6071_8293_a4b5c6d7e8f9.slice");
    const group = join(pod, `crio-${CONTAINER_ID}.scope`);
    try {
      mkdirSync(group, { recursive: true });
      const inode = statSync(group).ino;
      const script = `echo $$ > ${group}/cgroup.procs; exec ${PROCS} exit`;
      const processes = await started("contained", () => {
        spawnSync("/bin/sh", ["-c", script], { env: { OTEL_SERVICE_NAME: "contained" } });
        rmdirSync(group);
        rmdirSync(pod);
      });
      expect(processes.at(-1)?.cgroup).toEqual({
        id: inode,
        v1: false,
        path: `/kubepods-pod8f1b2c3d_4e5f_6071_8293_a4b5c6d7e8f9.slice/crio-${CONTAINER_ID}.scope`,
        containerId: CONTAINER_ID,
        podUid: "8f1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
      });
    } finally {
      execFileSync("umount", [hierarchy]);
    }
  });

  it("knows the network namespace of a process", async () => {
    const script = `readlink /proc/self/ns/net; exec ${PROCS} exit`;
    let link = "";
    const processes = await started("netns", () => {
      const env = { ...process.env, OTEL_SERVICE_NAME: "netns" };
      link = spawnSync("unshare", ["-n", "/bin/sh", "-c", script], { env, encoding: "utf8" }).stdout;
    });
    expect(link).toBe(`net:[${processes.at(-1)?.netns}]\n`);
    expect(processes.at(-1)?.netns).not.toBe(table.get(process.pid)?.netns);
  });
});

describe("the process table under load", () => {
  afterEach(() => tap.shutdown());

  it(`knows each of ${SHORT_PROCESSES} processes that end at once, and forgets them in time`, async () => {
    await open({ busyIntervalMs: 20, idleIntervalMs: 20 }, { maxDead: 500 });
    const indexes = new Map<number, string>();
    table.onStart(({ args, pid }) => {
      if (args[1] === "exit") indexes.set(pid, args[2] ?? "");
    });
    const { stdout } = await promisify(execFile)(PROCS, ["many", String(SHORT_PROCESSES)], {
      maxBuffer: 1 << 20,
    });
    tap.drain();
    const expected = new Map<number, string | undefined>(
      stdout
        .trim()
        .split("\n")
        .map((line) => [Number(line.split(" ")[0]), line.split(" ")[1]]),
    );
    expect(expected.size).toBe(SHORT_PROCESSES);
    for (const [pid, index] of expected) expect(indexes.get(pid)).toBe(index);
    expect(tap.lost()).toEqual({ exec: 0, fork: 0, exit: 0, missed: 0 });
    expect(table.stats.dead).toBeLessThanOrEqual(500);
    expect(table.stats.evicted).toBeGreaterThan(SHORT_PROCESSES - 1000);
    expect(table.stats.live).toBeLessThan(2000);
  });

  it("counts what a full ring lost, and repairs itself from /proc", async () => {
    await open({ ringBytes: 4096 });
    const doomed = await paused(["pause", "doomed"]);
    tap.drain();
    expect(table.get(doomed.pid)?.exitNs).toBeUndefined();

    spawnSync(PROCS, ["many", "100"]);
    const unseen = await paused(["fork"]);
    await doomed.end();
    const { exec, fork, exit } = tap.lost();
    expect(exec).toBeGreaterThanOrEqual(80);
    expect(fork).toBeGreaterThanOrEqual(80);
    expect(exit).toBeGreaterThanOrEqual(80);
    const applied = tap.drain();
    expect(applied).toBeLessThan(4096 / 24);
    expect(tap.lost().exec).toBe(exec);

    await expect.poll(() => tap.repairs).toBe(1);
    expect(table.get(unseen.pid)).toMatchObject({ executable: PROCS, args: ["procs", "fork"] });
    expect(table.get(unseen.childPid)?.exitNs).toBeUndefined();
    expect(table.get(doomed.pid)?.exitNs).toBe(0);
    await unseen.end();
  });

  it("loses nothing silently: events read and events lost are all there were", async () => {
    await open({ ringBytes: 4096 });
    const starts = { read: 0 };
    table.onStart(({ args }) => {
      if (args[0] === "procs" && args[1] === "exit") starts.read += 1;
    });
    const before = tap.lost();
    spawnSync(PROCS, ["many", "300"], { argv0: "procs" });
    const after = tap.lost();
    tap.drain();
    // Other processes of this machine may lose events meanwhile, never fewer.
    expect(starts.read + after.exec - before.exec).toBeGreaterThanOrEqual(300);
    expect(starts.read).toBeLessThan(300);
  });
});
