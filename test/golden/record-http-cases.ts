// Plays the table of cases before the running kernel, as root, and records what the HTTP tap reports of them:
//   node test/golden/record-http-cases.ts
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { http_request_event } from "../../src/ebpf/layouts.gen.ts";
import { Procfs } from "../../src/ebpf/process/procfs.ts";
import { ProcessTable } from "../../src/ebpf/process/table.ts";
import { RecordedSource } from "../../src/ebpf/recording/recorded-source.ts";
import type { BpfHttpTap } from "../../src/ebpf/tap/bpf-http-tap.ts";
import { MonotonicClock } from "../../src/ebpf/tap/clock.ts";
import type { HttpTap } from "../../src/ebpf/tap/http-tap.ts";
import type { HttpSource } from "../../src/ebpf/tap/source.ts";
import { cases } from "../support/cases.ts";
import { decodeRequest, KEEP_ALL, openKernelTap, REQUEST_EVENT } from "../support/live-tap.ts";
import { CASES_RECORDING, CASES_REPORTS } from "../support/replay-tap.ts";
import { type CaseResult, runCases } from "../support/run-cases.ts";
import type { SeenRequest, TapCounters, TestedTap } from "../support/tap.ts";

const DRAIN_MS = 20;

/** Keeps a copy of each record in `records`. */
class CopyingTap implements TestedTap {
  readonly #records: Buffer[];
  readonly #requests: SeenRequest[] = [];
  #tap: BpfHttpTap | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(records: Buffer[]) {
    this.#records = records;
  }

  async start(): Promise<void> {
    this.#tap = openKernelTap();
    this.#timer = setInterval(() => this.#drain(), DRAIN_MS);
  }

  async requests(): Promise<SeenRequest[]> {
    this.#drain();
    return [...this.#requests];
  }

  counters(): TapCounters {
    return {};
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#drain();
    this.#tap?.close();
    this.#tap = undefined;
  }

  #drain(): void {
    this.#tap?.drain((view, offset, length) => {
      this.#records.push(Buffer.from(new Uint8Array(view.buffer, view.byteOffset + offset, length)));
      if (view.getUint32(offset, true) === REQUEST_EVENT) this.#requests.push(decodeRequest(view, offset));
    }, Number.POSITIVE_INFINITY);
  }
}

const records: Buffer[] = [];
const results = await runCases(cases, () => new CopyingTap(records));
await writeRecording(records.filter(isOf(results)));
const reports = Object.fromEntries([...results].map(([name, { report }]) => [name, report]));
const text = JSON.stringify(reports, (_, value) => (typeof value === "bigint" ? String(value) : value));
writeFileSync(CASES_REPORTS, gzipSync(text, { level: 9 }));

/** Requests of the cases' own processes: others of this host are nobody's business. */
function isOf(played: ReadonlyMap<string, CaseResult>): (record: Buffer) => boolean {
  const pids = new Set([...played.values()].flatMap(({ report }) => report.steps.map(({ pid }) => pid)));
  return (record) => pids.has(record.readUInt32LE(http_request_event.tgid));
}

async function writeRecording(kept: readonly Buffer[]): Promise<void> {
  const path = CASES_RECORDING.replace(/\.gz$/, "");
  const source = new RecordedSource(sourceOf(kept), KEEP_ALL, {
    path,
    version: "test",
    keepSecrets: true,
    onError: (error) => {
      throw error;
    },
  });
  source.tap.drain(() => {}, Number.POSITIVE_INFINITY);
  await source.close();
  writeFileSync(CASES_RECORDING, gzipSync(readFileSync(path), { level: 9 }));
  rmSync(path);
}

/** Hands over records that were kept; knows no process, so that nothing of this host is recorded. */
function sourceOf(kept: readonly Buffer[]): HttpSource {
  const tap: Pick<HttpTap, "drain" | "counters"> = {
    drain(onRecord) {
      for (const record of kept)
        onRecord(new DataView(record.buffer, record.byteOffset, record.length), 0, record.length);
      return kept.length;
    },
    counters: () => ({}) as ReturnType<HttpTap["counters"]>,
  };
  return {
    tap: tap as HttpTap,
    processes: new ProcessTable(new Procfs("/dev/null/proc", "/dev/null/proc")),
    services: { serviceOf: () => ({ attributes: [] }) },
    clock: new MonotonicClock(),
    description: { hook: "raw_tp" },
    drainProcesses() {},
    async close() {},
  };
}
