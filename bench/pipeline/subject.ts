// What is measured: this agent, or a Collector given by its path, with the same configuration.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stopChild } from "../../test/support/servers.ts";
import { serverCore } from "../cores.ts";
import { endWithUs } from "../own-processes.ts";
import { ticksUs } from "../proc.ts";

const WATTSPAN = join(import.meta.dirname, "../../bin/wattspan");
const START_MS = 30_000;

export class Subject {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #forget: () => void;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    this.#forget = endWithUs(child.pid!);
  }

  /** Starts `program` on a processor of its own and resolves when it listens on `port`. */
  static async start(config: string, port: number, program: string = WATTSPAN): Promise<Subject> {
    const folder = mkdtempSync(join(tmpdir(), "pipeline-"));
    const file = join(folder, "config.yaml");
    writeFileSync(file, config);
    const [command, ...args] = [...serverCore, program, "--config", file];
    const child = spawn(command!, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, GOMAXPROCS: "1" }, // Go's; Node.js has one thread for this in any case.
    });
    let log = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-10_000);
    });
    const subject = new Subject(child, folder);
    await subject.#listening(port, () => log);
    return subject;
  }

  /** User and system time so far. */
  get cpuUs(): number {
    return ticksUs(this.#child.pid!);
  }

  get peakRssBytes(): number {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#child.pid}/status`, "utf8"))?.[1];
    return Number(kib) * 1024;
  }

  async stop(): Promise<void> {
    await stopChild(this.#child);
    this.#forget();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #listening(port: number, log: () => string): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (!(await accepts(port))) {
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        await this.stop();
        throw new Error(`it did not start:\n${log()}`);
      }
      await sleep(50);
    }
  }
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}
