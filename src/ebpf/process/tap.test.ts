import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, it } from "vitest";
import type { BpfMap, BpfObject, BpfProgram, Libbpf } from "../../native/libbpf.ts";
import { Procfs } from "./procfs.ts";
import { ProcessTable } from "./table.ts";
import { DEFAULT_PROCESS_TAP_SETTINGS, ProcessTap } from "./tap.ts";

const RING_BYTES = 8192;
const children: { kill(): void }[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

/** A kernel whose ring stays empty, as when every program is left out. */
class SilentKernel {
  misses = 0n;
  looks = 0;

  libbpf(): Libbpf {
    const memory = (bytes: number) => new ArrayBuffer(bytes);
    const ring = { consumer: memory(4096), producer: memory(4096), data: memory(2 * RING_BYTES) };
    const map = { valueSize: 8, lookup: () => true, ring: () => ring } as unknown as BpfMap;
    const program = {
      attach() {},
      recursionMisses: () => {
        this.looks++;
        return this.misses;
      },
    } as unknown as BpfProgram;
    const object = { programs: [program], load() {}, map: () => map, close() {} } as unknown as BpfObject;
    return { open: () => object } as unknown as Libbpf;
  }
}

it("finds in /proc what programs that were left out did not tell", async () => {
  const kernel = new SilentKernel();
  const procfs = new Procfs("/proc", "/sys/fs/cgroup");
  const table = new ProcessTable(procfs);
  const settings = { ...DEFAULT_PROCESS_TAP_SETTINGS, ringBytes: RING_BYTES, repairIntervalMs: 50 };
  const tap = new ProcessTap(kernel.libbpf(), new Uint8Array(), procfs, table, settings);
  await tap.start();
  const child = spawn("sleep", ["60"]);
  children.push(child);
  await once(child, "spawn");
  tap.drain();
  expect(table.get(child.pid!)).toBeUndefined();

  kernel.misses = 2n;
  await expect.poll(() => table.get(child.pid!)?.args).toEqual(["sleep", "60"]);
  expect(tap.lost()).toEqual({ exec: 0, fork: 0, exit: 0, missed: 2 });
  await expect.poll(() => tap.repairs).toBe(1);
  tap.drain();

  kernel.looks = 0;
  for (let drains = 0; drains < 100; drains++) tap.drain();
  expect(kernel.looks).toBeLessThan(10); // A system call each.
  await tap.shutdown();
  expect(tap.lost()).toEqual({ exec: 0, fork: 0, exit: 0, missed: 0 });
});
