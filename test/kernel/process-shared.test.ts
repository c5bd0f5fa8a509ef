// Several watchers of one host: one table, one set of programs, for as long as anybody watches.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type ProcessWatch, watchProcesses } from "../../src/ebpf/process/shared.ts";
import { describeBpf } from "../support/describe-bpf.ts";
import { libbpf } from "../support/native.ts";

function watch(): Promise<ProcessWatch> {
  return watchProcesses(libbpf, "/proc", "/sys/fs/cgroup");
}

/** BPF programs that this process holds. */
function programs(): number {
  return readdirSync("/proc/self/fdinfo").filter((fd) => {
    try {
      return /^prog_id:/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
    } catch {
      return false; // The one the listing itself had open.
    }
  }).length;
}

/** Whether the table learns of a process that runs now. */
function notices({ table, drain }: ProcessWatch): boolean {
  const { pid } = spawnSync("true");
  drain();
  return table.get(pid) !== undefined;
}

describeBpf("processes", () => {
  test("are watched once for all who ask, until the last one leaves", async () => {
    const none = programs();
    const [first, second] = await Promise.all([watch(), watch()]);
    expect(second.table).toBe(first.table);
    const one = programs();
    const third = await watch();
    expect(programs()).toBe(one);
    expect(notices(third)).toBe(true);
    await first.close();
    await first.close();
    await second.close();
    expect(programs()).toBe(one);
    expect(notices(third)).toBe(true);
    await third.close();
    expect(programs()).toBe(none);
  });

  test("are watched anew by whoever comes after the last one left", async () => {
    const before = await watch();
    const ending = before.close();
    const after = await watch();
    await ending;
    expect(after.table).not.toBe(before.table);
    expect(notices(after)).toBe(true);
    await after.close();
  });

  test("may be asked for again after a refusal", async () => {
    const refusing = new Proxy(libbpf, {
      get: (target, name) =>
        name === "open"
          ? () => {
              throw new Error("no programs today");
            }
          : Reflect.get(target, name),
    });
    await expect(watchProcesses(refusing, "/proc", "/sys/fs/cgroup")).rejects.toThrow("no programs today");
    const watching = await watch();
    expect(notices(watching)).toBe(true);
    await watching.close();
  });
});
