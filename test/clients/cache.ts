// What the clients are built from is fetched once and kept outside the repository, under the hash of what pins it.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "wattspan/clients");

/** Why a client can't be had here: its tests are skipped. Anything else that goes wrong is a failure. */
export class Unavailable extends Error {}

/** Gives the folder that `make` once filled for these inputs. `make` may leave nothing outside the folder it is given. */
export async function cached(
  name: string,
  inputs: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(input).update("\0");
  const kept = join(CACHE, `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(kept)) return kept;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, `.${name}-`));
  try {
    await make(work);
    renameSync(work, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error; // Else another run was faster.
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return kept;
}

/** The contents of files. */
export function contents(folder: string, ...names: readonly string[]): string[] {
  return names.map((name) => readFileSync(join(folder, name), "utf8"));
}

/** What a run of a program may be given. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** What a program printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program. Throws with the end of what it said when it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Printed> {
  const { cwd, env = process.env, input = "", timeoutMs = 120_000 } = options;
  const child = spawn(program, args, { cwd, env, stdio: "pipe", timeout: timeoutMs, killSignal: "SIGKILL" });
  const exit = new Promise<number | null>((resolve, reject) =>
    child.on("error", reject).on("close", resolve),
  );
  child.stdin.on("error", () => {}); // It ended before it had read all; its exit code says why.
  child.stdin.end(input);
  const [code, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  if (code === 0) return { stdout, stderr };
  const said = `${stdout}${stderr}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(`${program} ${args.slice(0, 2).join(" ")} ended with ${code}: ${said}`);
}

/** Runs what fetches from a registry: where it can't, the client is unavailable; what came but is not what was pinned is an error. */
export async function fetch(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<void> {
  try {
    await run(program, args, { timeoutMs: 300_000, ...options });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (/checksum mismatch|SECURITY ERROR|DO NOT MATCH THE HASHES|EINTEGRITY/.test(why)) throw error;
    throw new Unavailable(why, { cause: error });
  }
}
