// Loading while signals come, as under a profiler: the kernel stops to verify a program when one is pending.
import { readFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { expect, test } from "vitest";
import { describeBpf } from "../support/describe-bpf.ts";
import { openKernelTap } from "../support/live-tap.ts";
import { load, thrown } from "../support/native.ts";

/** V8's profiler sends SIGPROF to its thread this often; the kernel verifies the programs for a second. */
const SAMPLING_US = 100;

async function startProfiler(): Promise<{ stop(): Promise<void> }> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_US });
  await session.post("Profiler.start");
  return {
    async stop() {
      await session.post("Profiler.stop");
      session.disconnect();
    },
  };
}

/** The signals that this thread does not take now, as a mask. */
function blockedSignals(): string | undefined {
  return /^SigBlk:\s*(\w+)$/m.exec(readFileSync("/proc/thread-self/status", "utf8"))?.[1];
}

describeBpf("signals", () => {
  test("do not keep the programs of the tap from being loaded", async () => {
    const quiet = openKernelTap();
    quiet.close();
    const profiler = await startProfiler();
    try {
      const tap = openKernelTap();
      tap.close();
      expect(tap.hook).toBe(quiet.hook); // not a set that is faster to verify
    } finally {
      await profiler.stop();
    }
  }, 30_000);

  test("are taken as before once a load is done, or was refused", () => {
    const before = blockedSignals();
    expect(before).toMatch(/^[0-9a-f]{16}$/);
    load("ring").close();
    expect(blockedSignals()).toBe(before);
    thrown(() => load("refused"));
    expect(blockedSignals()).toBe(before);
  });
});
