// Child processes that use the addon: a program's text in, what became of the process out.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Where a worker's program imports from what native.ts has. */
export const NATIVE: string = JSON.stringify(pathToFileURL(join(import.meta.dirname, "native.ts")));

const WORKERS = `
import { Worker } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";
`;
const ADDON = `import { libbpf, open, load, args, u32 } from ${NATIVE};\n`;

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
  /** Whether the child's main thread loads the addon; it does unless this is false. */
  readonly addon?: boolean;
  /** Sent as soon as the child has printed a line. */
  readonly signal?: NodeJS.Signals;
}

/** Runs `program`, an ES module that has native.ts at hand, in a process of its own until it ends. */
export async function runChild(program: string, options: ChildOptions = {}): Promise<Ended> {
  const text = WORKERS + (options.addon === false ? "" : ADDON) + program;
  const node = [process.execPath, "--input-type=module", "--no-warnings", "--eval", text];
  const [command = "", ...rest] = [...(options.wrapper ?? []), ...node];
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
