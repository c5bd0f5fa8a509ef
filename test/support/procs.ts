// Compiles procs (once, until its source changes) and runs it.
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

const SOURCE = join(import.meta.dirname, "procs/procs.c");
const BUILT = join(import.meta.dirname, "../../build/test");
const PROGRAM = join(BUILT, "procs");

/** Builds procs when it is missing or older than its source, and returns its path. Without gcc a built one is used as it is. */
export function buildProcs(): string {
  if (existsSync(PROGRAM) && (statSync(PROGRAM).mtimeMs >= statSync(SOURCE).mtimeMs || !hasCompiler()))
    return PROGRAM;
  mkdirSync(BUILT, { recursive: true });
  const flags = [
    "-std=gnu11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wno-unused-parameter",
    "-Werror",
    "-static",
    "-pthread",
  ];
  execFileSync("gcc", [...flags, "-o", PROGRAM, SOURCE]);
  return PROGRAM;
}

function hasCompiler(): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, "gcc")));
}

/** A process that waits until it is ended. */
export interface Paused {
  readonly pid: number;
  /** Pid of its child, of those that have one. */
  readonly childPid: number;
  end(): Promise<void>;
}

export interface ProcsOptions {
  readonly program?: string;
  readonly argv0?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts procs with arguments that make it pause; resolves when it does. */
export async function paused(args: readonly string[], options: ProcsOptions = {}): Promise<Paused> {
  const { program = buildProcs(), argv0 = "procs", env = {} } = options;
  const child = spawn(program, args, { argv0, env, stdio: ["pipe", "pipe", "inherit"] });
  const said = await untilPaused(child);
  const exit = once(child, "close");
  return {
    pid: said.get("pid") ?? 0,
    childPid: said.get("child") ?? 0,
    async end() {
      child.stdin.end();
      await exit;
    },
  };
}

async function untilPaused(
  child: ChildProcessByStdio<Writable, Readable, null>,
): Promise<Map<string, number>> {
  const said = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [what = "", number] = line.split(" ");
    said.set(what, Number(number));
    if (what === "pid") return said;
  }
  throw new Error(`procs ended without a pause: ${child.spawnargs.join(" ").slice(0, 200)}`);
}
