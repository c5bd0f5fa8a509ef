// The clients: the OpenTelemetry SDKs for Go, Python and Node.js, and telemetrygen. Each is what its registry has, in the
// version that is pinned beside its program.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { cached, contents, fetch, run, Unavailable } from "./cache.ts";

const HERE = import.meta.dirname;
const OLDEST_PYTHON = [3, 10] as const;

/** A program with the arguments that come before all others. */
export type Command = readonly [program: string, ...args: string[]];

async function version(program: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await run(program, args)).stdout.trim();
  } catch (cause) {
    throw new Unavailable(`there is no ${program} here`, { cause });
  }
}

/** Builds a package of the module in `folder`. */
async function buildGo(folder: string, sources: readonly string[], package_: string): Promise<Command> {
  const module = join(HERE, folder);
  const compiler = await version("go", "env", "GOVERSION", "GOARCH");
  const inputs = [compiler, ...contents(module, "go.mod", "go.sum", ...sources)];
  const kept = await cached(folder, inputs, async (work) => {
    await fetch("go", ["mod", "download"], { cwd: module });
    await run("go", ["build", "-o", join(work, "client"), package_], { cwd: module, timeoutMs: 300_000 });
  });
  return [join(kept, "client")];
}

/** The Go SDK's client. */
export function goClient(): Promise<Command> {
  return buildGo("go", ["main.go", "traces.go", "metrics.go", "logs.go"], ".");
}

/** The Collector's own load generator. */
export function telemetrygen(): Promise<Command> {
  return buildGo(
    "telemetrygen",
    [],
    "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen",
  );
}

/** A Python with the packages of python/requirements.txt. */
export async function python(): Promise<Command> {
  const folder = join(HERE, "python");
  const code = "import sys; print(*sys.version_info[:3], sys.base_prefix)";
  const it = await version("python3", "-c", code);
  const [major, minor] = it.split(" ").map(Number) as [number, number];
  if (major < OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor < OLDEST_PYTHON[1]))
    throw new Unavailable(`Python ${OLDEST_PYTHON.join(".")} is needed, this is ${major}.${minor}`);
  const kept = await cached("python", [it, ...contents(folder, "requirements.txt")], async (work) => {
    await fetch("python3", ["-m", "venv", work]); // Debian has it in a package of its own.
    const install = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r"];
    await fetch(join(work, "bin/python"), [...install, join(folder, "requirements.txt")]);
  });
  return [join(kept, "bin/python")];
}

/** The Python SDK's client. */
export async function pythonClient(): Promise<Command> {
  return [...(await python()), join(HERE, "python/client.py")];
}

/** npm tells what it runs where it runs; a run of it in another folder must not believe that. */
function withoutNpmScript(): NodeJS.ProcessEnv {
  const own = /^npm_(config_local_prefix|package_|lifecycle_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/** The Node.js SDK's client. Its packages are its own, not those that wattspan itself reports with. */
export async function nodeClient(): Promise<Command> {
  const folder = join(HERE, "node");
  const kept = await cached("node", contents(folder, "package.json", "package-lock.json"), async (work) => {
    for (const name of ["package.json", "package-lock.json"])
      copyFileSync(join(folder, name), join(work, name));
    const args = ["ci", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund"];
    await fetch("npm", args, { cwd: work, env: withoutNpmScript() });
  });
  copyFileSync(join(folder, "client.mjs"), join(kept, "client.mjs")); // It finds its packages beside itself.
  return [process.execPath, join(kept, "client.mjs")];
}
