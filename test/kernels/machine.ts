// Boots one kernel in one emulated machine and collects what its tests report over the second serial port.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import type { Kernel } from "./kernels.ts";
import type { Line } from "./serial-reporter.ts";

export interface Boot {
  readonly kernel: Kernel;
  readonly initramfs: string;
  /** Environment of the machine's init; no spaces in values. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Path without extension, of the console's log and the results. */
  readonly log: string;
}

/** What came of a boot. */
export interface Outcome {
  readonly lines: readonly Line[];
  /** Why the machine stopped before its tests were done; undefined when they were. */
  readonly crash: string | undefined;
  readonly seconds: number;
}

/** Runs the machine until it powers off, or kills it at the timeout. */
export async function boot(machine: Boot): Promise<Outcome> {
  const console = `${machine.log}.console.log`;
  const results = `${machine.log}.results.jsonl`;
  rmSync(results, { force: true });
  const started = performance.now();
  const qemu = spawn("qemu-system-x86_64", qemuArguments(machine, console, results), {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: machine.timeoutMs,
    killSignal: "SIGKILL",
  });
  let complaint = "";
  qemu.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const [code, signal] = await once(qemu, "close");
  const lines = readLines(results);
  const seconds = (performance.now() - started) / 1000;
  return {
    lines,
    crash: lines.at(-1)?.kind === "end" ? noTest(lines) : crashReason(code, signal, complaint),
    seconds,
  };
}

function qemuArguments(machine: Boot, console: string, results: string): string[] {
  const environment = Object.entries(machine.environment).map(([name, value]) => `${name}=${value}`);
  return [
    ...["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "2048"],
    ...["-no-user-config", "-nodefaults", "-no-reboot", "-display", "none", "-net", "none"],
    ...["-serial", `file:${console}`, "-serial", `file:${results}`],
    ...["-kernel", machine.kernel.image, "-initrd", machine.initramfs],
    ...["-append", ["console=ttyS0", "quiet", "panic=-1", ...environment].join(" ")],
  ];
}

/** A line cut short by a crash is left out: the missing `end` says so already. */
function readLines(path: string): Line[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((text) => {
      try {
        return [JSON.parse(text) as Line];
      } catch {
        return [];
      }
    });
}

/** A machine that found no test proves nothing. */
function noTest(lines: readonly Line[]): string | undefined {
  return lines.length === 1 ? "ran no test" : undefined;
}

function crashReason(code: number | null, signal: string | null, complaint: string): string {
  if (signal) return "still running at its timeout";
  if (code !== 0) return `qemu failed: ${complaint.trim()}`;
  return "powered off or panicked before its tests were done";
}
