import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTicks } from "../process/start-ticks.ts";
import { Kretprobes } from "./kretprobes.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wattspan-tracefs-"));
  writeFileSync(join(folder, "kprobe_events"), "");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What was written to the kernel, line by line. */
function written(): string[] {
  return readFileSync(join(folder, "kprobe_events"), "utf8").split("\n").slice(0, -1);
}

const program = {
  attachTracepoint: (category: string, name: string) => ({
    close: () => appendFileSync(join(folder, "kprobe_events"), `closed ${category}/${name}\n`),
  }),
};

test("makes a probe with room for all calls that wait, and removes it once nothing is attached to it", () => {
  const link = new Kretprobes(folder).attach(program, "inet_recvmsg");
  const [made = ""] = written();
  const [, event] = /^r4096:(wattspan_\d+_\d+_[0-9a-f]{8}\/inet_recvmsg) inet_recvmsg$/.exec(made) ?? [];
  expect(event).toContain(`_${process.pid}_${startTicks(process.pid)}_`);
  link.close();
  expect(written().slice(1)).toEqual([`closed ${event}`, `-:${event}`]);
});

test("leaves no probe behind where the program cannot be attached", () => {
  const refused = {
    attachTracepoint: () => {
      throw new Error("attach: EPERM");
    },
  };
  expect(() => new Kretprobes(folder).attach(refused, "inet_recvmsg")).toThrow("attach: EPERM");
  expect(written().map((line) => line[0])).toEqual(["r", "-"]);
});

test("removes the probes of agents that are gone, and no others", () => {
  const alive = `wattspan_${process.pid}_${startTicks(process.pid)}_00000001/inet_recvmsg`;
  const events = [
    `r4096:${alive} inet_recvmsg`,
    `r4096:wattspan_${process.pid}_1_00000002/inet_recvmsg inet_recvmsg`,
    "r4096:wattspan_4194305_5_00000003/inet_sendmsg inet_sendmsg",
    "p:kprobes/somebody_elses inet_recvmsg",
  ];
  writeFileSync(join(folder, "kprobe_events"), events.map((line) => `${line}\n`).join(""));
  new Kretprobes(folder).removeStale();
  expect(written().slice(events.length)).toEqual([
    `-:wattspan_${process.pid}_1_00000002/inet_recvmsg`,
    "-:wattspan_4194305_5_00000003/inet_sendmsg",
  ]);
});

test("says why it can make none", () => {
  expect(new Kretprobes(folder).refusal()).toBeUndefined();
  expect(new Kretprobes(join(folder, "none")).refusal()).toBe(
    "tracefs is not mounted at /sys/kernel/tracing",
  );
});
