// The program from its sources, in a child process.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const MAIN: string = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const NOP_THAT = new URL("nop-that.ts", import.meta.url).href;

/** How it came to its end. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of the program; `nopThat` says what its nop receiver does (nop-that.ts). */
export class Wattspan {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], nopThat?: string) {
    const preload = nopThat === undefined ? [] : ["--import", NOP_THAT];
    this.child = spawn(process.execPath, [...preload, MAIN, ...args], {
      env: { PATH: process.env.PATH, NOP_THAT: nopThat, EMPTY: "" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.push(this);
    this.child.stdout!.on("data", (chunk) => (this.stdout += chunk));
    this.child.stderr!.on("data", (chunk) => (this.stderr += chunk));
    this.ended = once(this.child, "close").then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Resolves when the log has said `text` that many times. */
  async says(text: string, times = 1): Promise<void> {
    const said = () => this.stderr.split(text).length > times;
    while (!said()) {
      const ended = await Promise.race([once(this.child.stderr!, "data").then(() => undefined), this.ended]);
      if (ended && !said()) throw new Error(`ended without saying ${text}:\n${this.stderr}`);
    }
  }
}

const running: Wattspan[] = [];

/** Ends every run that a test has left behind. */
export async function killRuns(): Promise<void> {
  for (const run of running.splice(0)) {
    run.child.kill("SIGKILL");
    await run.ended;
  }
}

/** The messages of console log lines. */
export function messages(stderr: string): string[] {
  return stderr.split("\n").flatMap((line) => line.split("\t")[3] ?? []);
}
