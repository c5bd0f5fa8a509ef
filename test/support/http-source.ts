// A source of HTTP without a kernel: a fake tap and a table with one process.
import type { Process } from "../../src/ebpf/process/process.ts";
import { Procfs } from "../../src/ebpf/process/procfs.ts";
import { Services } from "../../src/ebpf/process/service.ts";
import { ProcessTable } from "../../src/ebpf/process/table.ts";
import { MonotonicClock } from "../../src/ebpf/tap/clock.ts";
import type { HttpSource } from "../../src/ebpf/tap/source.ts";
import { FakeTap, PROCESS } from "./http-records.ts";

/** A process as the table has it. */
export function process(fields: Partial<Process> = {}): Process {
  return {
    pid: PROCESS.pid,
    startNs: Number(PROCESS.startNs),
    parentPid: 1,
    executable: "/usr/bin/shop",
    command: "shop",
    args: ["shop"],
    uid: 0,
    netns: 0,
    cgroup: {
      id: 1,
      v1: false,
      path: "/system.slice/shop.service",
      containerId: undefined,
      podUid: undefined,
    },
    environment: { serviceName: undefined, resourceAttributes: new Map() },
    kernelThread: false,
    exitNs: undefined,
    ...fields,
  };
}

export interface FakeSource extends HttpSource {
  readonly tap: FakeTap;
  closed: boolean;
  drainProcesses: () => void;
}

/** Time of day is monotonic time plus this. */
export const OFFSET_NS = 1_700_000_000_000_000_000n;

/** A clock that goes on by 1 ms with each look at it. */
function fakeClock(): MonotonicClock {
  let monotonicNs = 0n;
  return new MonotonicClock({
    monotonicNs: () => monotonicNs,
    realtimeMs: () => {
      monotonicNs += 1_000_000n;
      return Number((monotonicNs + OFFSET_NS) / 1_000_000n);
    },
  });
}

/** Its process is alive until a test ends it with `processes.missed`. */
export function fakeSource(): FakeSource {
  const procfs = new Procfs("/nowhere", "/nowhere");
  const processes = new ProcessTable(procfs);
  processes.found(process());
  return {
    tap: new FakeTap(),
    processes,
    services: new Services({ name: "host", id: undefined }, procfs),
    clock: fakeClock(),
    description: {},
    closed: false,
    drainProcesses() {},
    async close() {
      this.closed = true;
    },
  };
}
