// Load by wrk: one thread, keep-alive connections, its own count of what was answered.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { others } from "./cores.ts";

const SCRIPT = join(import.meta.dirname, "wrk.lua");

/** What wrk measured. */
export interface Load {
  readonly requests: number;
  readonly durationUs: number;
  readonly errors: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface LoadOptions {
  readonly url: string;
  /** Whole ones: wrk knows no others. */
  readonly seconds: number;
  readonly connections?: number;
  /** Each connection waits this long before each request; without it, as fast as the server answers. */
  readonly paceMs?: number;
}

/** Loads a server. */
export async function load({ url, seconds, connections = 32, paceMs }: LoadOptions): Promise<Load> {
  const args = [...others, "wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "-s", SCRIPT, url];
  const env = { ...process.env, ...(paceMs === undefined ? {} : { PACE_MS: `${paceMs}` }) };
  const child = spawn(args[0]!, args.slice(1), { stdio: ["ignore", "pipe", "inherit"], env });
  const exit = new Promise<number | null>((resolve, reject) =>
    child.on("error", reject).on("close", resolve),
  );
  const output = await text(child.stdout);
  const line = output.split("\n").find((candidate) => candidate.startsWith("{"));
  if ((await exit) !== 0 || line === undefined) throw new Error(`wrk said:\n${output}`);
  return JSON.parse(line) as Load;
}
