import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inHostPidNamespace, readAgentPid } from "./agent-pid.ts";

const folder = mkdtempSync(join(tmpdir(), "proc-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A /proc in which we are process `self` and the first process is in that namespace. */
function proc(name: string, self: string, namespace: string): string {
  const root = join(folder, name);
  mkdirSync(join(root, "1/ns"), { recursive: true });
  symlinkSync(self, join(root, "self"));
  symlinkSync(namespace, join(root, "1/ns/pid"));
  return root;
}

test("is the process that /proc says we are, in the namespace of that /proc", () => {
  expect(readAgentPid(proc("host", "4711", "pid:[4026531836]"))).toBe(4711);
  expect(readAgentPid("/proc")).toBe(process.pid);
  expect(readAgentPid(join(folder, "none"))).toBe(process.pid);
});

test("tells the host's /proc from a container's, by its first process", () => {
  expect(inHostPidNamespace(join(folder, "host"))).toBe(true);
  expect(inHostPidNamespace(proc("container", "7", "pid:[4026532488]"))).toBe(false);
  expect(inHostPidNamespace(join(folder, "none"))).toBe(true);
});
