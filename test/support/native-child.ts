// Child processes that use the addon: a program's text in, what became of the process out.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** What is at hand in a child's program: `libbpf`, `open`, `load`, `args`, `u32` of native.ts, and Worker. */
const PRELUDE = `
import { libbpf, open, load, args, u32 } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "native.ts")))};
import { Worker, isMainThread, workerData } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";
`;

/** What became of a child. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ChildOptions {
  /** Command and arguments before node's own. */
  readonly wrapper?: readonly string[];
  /** Sent as soon as the child has printed a line. */
  readonly signal?: NodeJS.Signals;
}

/** The arguments for node that run `program`, as an ES module. */
export function nodeArguments(program: string): string[] {
  return ["--input-type=module", "--no-warnings", "--eval", PRELUDE + program];
}

/** Runs `program` in a process of its own until it ends. */
export async function runChild(program: string, options: ChildOptions = {}): Promise<Ended> {
  const [command = "", ...rest] = [...(options.wrapper ?? []), process.execPath, ...nodeArguments(program)];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (stdout === "" && options.signal) child.kill(options.signal);
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, stdout, stderr };
}
