// The handle of the benchmarks' backend, otlp-sink.ts, which runs in a process of its own.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stopChild } from "../test/support/servers.ts";
import { moveToOthers } from "./cores.ts";
import { cpuUs } from "./proc.ts";

/** One span of so many is looked into for its delay. */
export const SPANS_A_DELAY = 32;

export type SinkMessage = "reset" | "report";

/** What came since the last reset. */
export interface Report {
  readonly spans: number;
  readonly spanBytes: number;
  /** Requests that carried spans. */
  readonly exports: number;
  /** From a span's end to its arrival, of one span in SPANS_A_DELAY. */
  readonly delaysMs: readonly number[];
  /** By the last values of the duration histograms: all requests, and those that have a status code. */
  readonly requests: { readonly server: number; readonly client: number };
  readonly answered: { readonly server: number; readonly client: number };
}

const QUIET_MS = 400;

export class Sink {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.endpoint = `127.0.0.1:${port}`;
  }

  static async start(): Promise<Sink> {
    const child = fork(join(import.meta.dirname, "otlp-sink.ts"));
    const [{ port }] = (await once(child, "message")) as [{ port: number }];
    moveToOthers(child.pid!);
    return new Sink(child, port);
  }

  get cpuUs(): number {
    return cpuUs(this.#child.pid!);
  }

  reset(): Promise<Report> {
    return this.#ask("reset");
  }

  report(): Promise<Report> {
    return this.#ask("report");
  }

  /** Waits until no more spans come. */
  async settle(): Promise<Report> {
    let before = await this.report();
    for (;;) {
      await sleep(QUIET_MS);
      const now = await this.report();
      if (now.spans === before.spans) return now;
      before = now;
    }
  }

  stop(): Promise<void> {
    return stopChild(this.#child);
  }

  async #ask(message: SinkMessage): Promise<Report> {
    const answer = once(this.#child, "message");
    this.#child.send(message);
    return ((await answer) as [Report])[0];
  }
}
