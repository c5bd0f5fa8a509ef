// npm run test:kernels -- [--only GLOB] [--hook HOOK] [SERIES…]
// Runs the kernel tests inside each kernel of the matrix, and ends with a count over all.
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildProcs } from "../support/procs.ts";
import { buildTalk } from "../support/talk.ts";
import { buildInitramfs } from "./initramfs.ts";
import { KERNELS, type Kernel, type KernelChoice, obtainKernel } from "./kernels.ts";
import { boot, type Outcome } from "./machine.ts";

const FOLDER = resolve(import.meta.dirname, "../../build/kernels");
const TIMEOUT_MS = 20 * 60_000;

/**
 * The table of the socket tap runs once per mechanism, what else depends on the kernel once per kernel. The tests of
 * knobs, overload, leaks and sudden ends measure time or repeat a thousand times, which emulation makes mean nothing.
 */
const ALL_TESTS =
  "test/{kernel/{http,process,native-{object,map,ring,attach,probe}},kernels/kretprobes}.test.ts";
const TAP_TESTS = "test/kernel/http.test.ts";

const { values: options, positionals: series } = parseArgs({
  options: { only: { type: "string" }, hook: { type: "string" } },
  allowPositionals: true,
});

const total = { passed: 0, failed: 0, skipped: 0 };

/** Prints one aligned line. */
function say(kernel: string, hook: string, text: string): void {
  console.log(`  ${kernel.padEnd(30)} ${hook.padEnd(9)} ${text}`);
}

/** Prints each error once, with the tests it failed. */
function printFailures({ lines, crash }: Outcome, log: string): void {
  const failed = lines.filter((line) => line.kind === "test").filter(({ state }) => state === "failed");
  for (const [error, tests] of Map.groupBy(failed, (line) => line.error)) {
    const others = tests.length > 1 ? ` and ${tests.length - 1} more` : "";
    console.log(`\n    FAILED ${tests[0]?.name}${others}\n${error ?? ""}\n`);
  }
  if (crash === undefined) return;
  const tail = readFileSync(`${log}.console.log`, "utf8").split("\n").slice(-40).join("\n");
  console.log(`\n    FAILED: ${crash}. The end of ${log}.console.log:\n${tail}\n`);
}

function hasFailed({ lines, crash }: Outcome): boolean {
  return crash !== undefined || lines.some((line) => line.kind === "test" && line.state === "failed");
}

function count(outcome: Outcome): string {
  const counts = { passed: 0, failed: outcome.crash === undefined ? 0 : 1, skipped: 0 };
  for (const line of outcome.lines) if (line.kind === "test") counts[line.state]++;
  for (const state of ["passed", "failed", "skipped"] as const) total[state] += counts[state];
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}

async function runOn(kernel: Kernel, choice: KernelChoice, initramfs: string): Promise<void> {
  for (const [index, hook] of choice.hooks.entries()) {
    if (options.hook !== undefined && options.hook !== hook) continue;
    const log = join(FOLDER, `${kernel.release}-${hook}`);
    const tests = options.only ?? (index === 0 ? ALL_TESTS : TAP_TESTS);
    const environment = { WATTSPAN_SOCKET_HOOK: hook, WATTSPAN_TESTS: tests, WATTSPAN_EMULATED: "1" };
    const machine = { kernel, initramfs, environment, timeoutMs: TIMEOUT_MS, log };
    let outcome = await boot(machine);
    if (hasFailed(outcome)) {
      // Emulation stretches the moments between a packet and its hook: only what fails twice is the kernel's.
      say(kernel.release, hook, `once more, after ${Math.round(outcome.seconds)} s:`);
      printFailures(outcome, log);
      outcome = await boot(machine);
    }
    say(kernel.release, hook, `${count(outcome)}, ${Math.round(outcome.seconds)} s`);
    printFailures(outcome, log);
  }
}

async function runChoice(choice: KernelChoice, initramfs: string): Promise<void> {
  let kernel: Kernel;
  try {
    kernel = obtainKernel(choice);
  } catch (error) {
    total.skipped++;
    say(choice.series, "", `SKIPPED: ${error instanceof Error ? error.message : error}`);
    return;
  }
  await runOn(kernel, choice, initramfs);
}

mkdirSync(FOLDER, { recursive: true });
buildProcs();
buildTalk();
const initramfs = buildInitramfs(FOLDER);
for (const choice of KERNELS) {
  if (series.length === 0 || series.includes(choice.series)) await runChoice(choice, initramfs);
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
