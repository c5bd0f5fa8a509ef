import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Procfs } from "./procfs.ts";

const root = mkdtempSync(join(tmpdir(), "wattspan-procfs-"));
const proc = join(root, "proc");
const cgroup = join(root, "cgroup");
const procfs = new Procfs(proc, cgroup);
afterAll(() => rmSync(root, { recursive: true }));

/** The stat line of a process; fields as proc(5) orders them. */
function stat(
  pid: number,
  command: string,
  state: string,
  { flags = 0x400000, threads = 1, start = 1234 } = {},
): string {
  const between = "0 0 -1";
  return `${pid} (${command}) ${state} 7 ${pid} ${between} ${flags} 0 0 0 0 0 0 0 0 20 0 ${threads} 0 ${start} 100 200\n`;
}

function write(pid: number, files: Readonly<Record<string, string>>): void {
  const folder = join(proc, String(pid));
  mkdirSync(join(folder, "ns"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

beforeAll(() => {
  mkdirSync(join(proc, "self"), { recursive: true });
  write(10, {
    stat: stat(10, "a) (b", "S"),
    cmdline: "prog\0\0two words\0",
    environ: "A=1\0OTEL_SERVICE_NAME=shop\0",
    cgroup: "3:memory:/a\n0::/\n",
    status: "Name:\tprog\nUid:\t1\t2\t3\t4\n",
  });
  symlinkSync("/usr/bin/prog (deleted)", join(proc, "10/exe"));
  symlinkSync("net:[4026531833]", join(proc, "10/ns/net"));
  write(11, { stat: stat(11, "zombie", "Z") });
  write(12, { stat: stat(12, "first thread is dead", "Z", { threads: 3 }) });
  write(13, { stat: stat(13, "kworker/0:1", "I", { flags: 0x4208060 }) });
  write(14, { stat: "garbage" });
  mkdirSync(join(cgroup, "memory/a"), { recursive: true });
  mkdirSync(join(cgroup, "unified/b"), { recursive: true });
});

describe("Procfs", () => {
  it("lists the processes", () => {
    expect(procfs.pids().sort()).toEqual([10, 11, 12, 13, 14]);
  });

  it("reads all there is of a process", () => {
    expect(procfs.read(10)).toEqual({
      pid: 10,
      startNs: 12_340_000_000,
      parentPid: 7,
      executable: "/usr/bin/prog",
      command: "a) (b",
      args: ["prog", "", "two words"],
      uid: 2,
      netns: 4026531833,
      cgroup: {
        id: statSync(join(cgroup, "memory/a")).ino,
        v1: true,
        path: "/a",
        containerId: undefined,
        podUid: undefined,
      },
      environment: { serviceName: "shop", resourceAttributes: new Map() },
      kernelThread: false,
      exitNs: undefined,
    });
  });

  it("finds the unified hierarchy beside those of v1, and at the root where it is the only one", () => {
    write(10, { cgroup: "0::/b\n" });
    expect(procfs.cgroup(10)).toMatchObject({ id: statSync(join(cgroup, "unified/b")).ino, v1: false });
    expect(new Procfs(proc, join(cgroup, "unified")).cgroup(10).id).toBe(
      statSync(join(cgroup, "unified/b")).ino,
    );
  });

  it("knows the dead from those whose first thread alone is dead", () => {
    expect(procfs.read(11)).toBeUndefined();
    expect(procfs.startNs(11)).toBeUndefined();
    expect(procfs.read(12)?.command).toBe("first thread is dead");
  });

  it("knows the kernel's threads", () => {
    expect(procfs.read(13)).toMatchObject({
      kernelThread: true,
      executable: "",
      args: [],
      command: "kworker/0:1",
    });
  });

  it("leaves out what is gone or makes no sense", () => {
    expect(procfs.read(14)).toBeUndefined();
    expect(procfs.read(99)).toBeUndefined();
    expect(procfs.command(99)).toBe("");
    expect(procfs.cgroup(99)).toMatchObject({ path: "/" });
  });

  it("says when there is no /proc where it was told", () => {
    expect(() => new Procfs("/nowhere", cgroup).pids()).toThrow(/ENOENT.*\/nowhere/);
  });
});
