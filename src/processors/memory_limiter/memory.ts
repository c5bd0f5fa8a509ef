// The process's memory: what it uses, what it may use, and how to give some back.
import { totalmem } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What the limiter needs from the world. */
export interface Memory {
  /** Resident set size in bytes: what the kernel kills for. */
  usedBytes(): number;
  /** What the machine has, or the cgroup allows, whichever is less. */
  totalBytes(): number;
  collectGarbage(): void;
}

export const processMemory: Memory = {
  usedBytes: () => process.memoryUsage.rss(),
  totalBytes() {
    const constrained = process.constrainedMemory(); // 0 where nothing constrains, a huge number on some kernels.
    return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  },
  collectGarbage() {
    setFlagsFromString("--expose-gc"); // The only way to `gc` in a process that was started without the flag.
    (runInNewContext("gc") as () => void)();
  },
};
