// The agent as a user runs it: bin/wattspan with a configuration file, ended by SIGTERM.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { stopChild } from "./servers.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/wattspan");
const READY = "Everything is ready";
const START_MS = 30_000;

/** Agents beside each other would want one port for their metrics; those that are to have them name their own. */
function quiet(config: string): string[] {
  return config.includes("readers:") ? [] : ["--set=service.telemetry.metrics.level=none"];
}

/** A running agent. */
export class Agent {
  readonly pid: number;
  /** Every line it has written to stderr. */
  readonly log: readonly string[];
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, log: readonly string[]) {
    this.#child = child;
    this.#folder = folder;
    this.pid = child.pid!;
    this.log = log;
  }

  /** Starts the agent with `config`, YAML, and resolves when it says that it is ready. */
  static async start(config: string): Promise<Agent> {
    const folder = mkdtempSync(join(tmpdir(), "agent-"));
    const file = join(folder, "config.yaml");
    writeFileSync(file, config);
    const log: string[] = [];
    const child = spawn(PROGRAM, ["--config", file, ...quiet(config)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`the agent ${why}:\n${log.join("\n")}`));
      const late = setTimeout(fail, START_MS, "was not ready in time");
      child.on("error", reject).on("close", (code) => fail(`ended with ${code}`));
      createInterface({ input: child.stderr }).on("line", (line) => {
        log.push(line);
        if (!line.includes(READY)) return;
        clearTimeout(late);
        resolve();
      });
    });
    return new Agent(child, folder, log);
  }

  /** What it logged as an error. */
  get errors(): string[] {
    return this.log.filter((line) => line.includes("\terror\t"));
  }

  /** Ends the agent by SIGTERM and resolves to its exit code, once it has drained. */
  async stop(): Promise<number | null> {
    await stopChild(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#child.exitCode;
  }
}
