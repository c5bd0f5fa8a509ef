import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Leaves one block in use behind 64 MB that are freed, as a busy agent does, and tells what goes back to the kernel. */
const PROGRAM = `
  import { loadLibbpf } from ${JSON.stringify(join(import.meta.dirname, "load.ts"))};
  const libbpf = loadLibbpf();
  const { rss } = process.memoryUsage;
  let blocks = Array.from({ length: 4096 }, () => Buffer.allocUnsafeSlow(16_384).fill(1));
  const kept = blocks.at(-1);
  blocks = undefined;
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((next) => setTimeout(next, 50));
  }
  const before = rss();
  libbpf.trimMemory();
  console.log(before - rss(), kept.length);`;

test("gives back what was freed before something that is still in use", () => {
  const node = ["--expose-gc", "--input-type=module", "--no-warnings", "--eval", PROGRAM];
  const [given] = execFileSync(process.execPath, node, { encoding: "utf8" }).trim().split(" ");
  expect(Number(given)).toBeGreaterThan(32 << 20);
});
