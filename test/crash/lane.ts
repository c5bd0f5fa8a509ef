// One storage directory, one server that answers at random, and a child that is killed again and again.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { decodeTraces } from "../../src/pdata/decode/traces.ts";
import { type HttpReceived, type HttpScript, OtlpHttpServer } from "../support/otlp-http-server.ts";
import type { ChildOptions } from "./options.ts";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));
/** So that children start in a tenth of a second. */
const COMPILE_CACHE = join(tmpdir(), "wattspan-crash-cache");
const ITEMS_A_ROUND = 150;
/** The last child has this long to send what is left. */
const DRAIN_MS = 60_000;

/** What came of a lane. */
export interface Outcome {
  readonly accepted: number;
  readonly delivered: number;
  /** Deliveries of an item that had been delivered before. */
  readonly again: number;
  /** Rounds in which the child was killed after it had started. */
  readonly running: number;
  readonly lost: readonly string[];
}

/** Kills a child `rounds` times at random moments, lets one more send what is left, and compares. */
export async function runLane(rounds: number, queue: object): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), "crash-"));
  const server = await OtlpHttpServer.start();
  try {
    return await new Lane(directory, server, queue).run(rounds);
  } finally {
    await server.close();
    rmSync(directory, { recursive: true });
  }
}

class Lane {
  readonly #directory: string;
  readonly #server: OtlpHttpServer;
  readonly #queue: object;
  readonly #accepted = new Set<string>();
  readonly #delivered = new Set<string>();
  #again = 0;
  #running = 0;
  /** How long a child takes to start; moments to kill it are from nothing to three times that. */
  #startMs: number | undefined;

  constructor(directory: string, server: OtlpHttpServer, queue: object) {
    this.#directory = directory;
    this.#server = server;
    this.#queue = queue;
  }

  async run(rounds: number): Promise<Outcome> {
    for (let round = 0; round < rounds; round++) {
      this.#server.script.splice(0, Infinity, ...Array.from({ length: 20 }, mood));
      await this.#kill(this.#spawn(round * ITEMS_A_ROUND, ITEMS_A_ROUND));
      this.#collect();
    }
    this.#server.script.splice(0);
    const last = this.#spawn(rounds * ITEMS_A_ROUND, 0);
    const timer = setTimeout(() => last.kill("SIGKILL"), DRAIN_MS);
    const [code] = await once(last, "exit");
    clearTimeout(timer);
    this.#collect();
    const lost = [...this.#accepted].filter((item) => !this.#delivered.has(item));
    if (code !== 0) lost.push(`the last child ended with ${code}`);
    return {
      accepted: this.#accepted.size,
      delivered: this.#delivered.size,
      again: this.#again,
      running: this.#running,
      lost,
    };
  }

  #spawn(from: number, items: number): ChildProcessWithoutNullStreams {
    const { endpoint } = this.#server;
    const options: ChildOptions = { directory: this.#directory, endpoint, queue: this.#queue, from, items };
    const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], { env });
    child.stderr.pipe(process.stderr);
    child.stdin.end();
    return child;
  }

  async #kill(child: ChildProcessWithoutNullStreams): Promise<void> {
    const spawned = performance.now();
    const closed = once(child, "close"); // It ends by itself when it has nothing left to do.
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const tookMs = performance.now() - spawned;
      const before = this.#startMs ?? tookMs;
      if (text === "") this.#startMs = before + (tookMs - before) / 8;
      text += chunk.toString();
    });
    if (this.#startMs === undefined) await Promise.race([once(child.stdout, "data"), closed]);
    await sleep(Math.random() * 3 * (this.#startMs ?? 0));
    child.kill("SIGKILL");
    await closed; // With all that it had written.
    const lines = text.split("\n").slice(0, -1); // What is behind the last line's end may be half a name.
    if (lines.shift() !== undefined) this.#running++;
    for (const item of lines) this.#accepted.add(item);
  }

  /** Takes note of what the server has taken. */
  #collect(): void {
    for (const request of this.#server.received.splice(0)) {
      if (!isTaken(request)) continue;
      const scopes = decodeTraces(request.body).flatMap((resource) => resource.scopes);
      for (const { name } of scopes.flatMap(({ items }) => items)) {
        if (this.#delivered.has(name)) this.#again++;
        this.#delivered.add(name);
      }
    }
  }
}

function isTaken({ script }: HttpReceived): boolean {
  return !script.reset && (script.status ?? 200) === 200;
}

function mood(): HttpScript {
  const chance = Math.random();
  if (chance < 0.1) return { status: 503 };
  if (chance < 0.2) return { reset: "before" };
  if (chance < 0.3) return { reset: "mid-body" };
  return chance < 0.5 ? { delayMs: 50 * Math.random() } : {};
}
