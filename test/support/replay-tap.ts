// A recorded HTTP tap as the case tables see it: the records of a file instead of the kernel's.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { FRAME } from "../../src/ebpf/recording/frame.ts";
import { FrameReader } from "../../src/ebpf/recording/frame-reader.ts";
import { checkLayouts, parseHeader } from "../../src/ebpf/recording/header.ts";
import { recordsOf } from "../../src/ebpf/recording/record-batch.ts";
import { decodeRequest, REQUEST_EVENT } from "./live-tap.ts";
import type { TalkReport } from "./talk.ts";
import type { SeenRequest, TapCounters, TestedTap } from "./tap.ts";

const GOLDEN = join(import.meta.dirname, "../golden");

/** What the tap reported of every case of the table; `node test/golden/record-http-cases.ts` records it anew, as root. */
export const CASES_RECORDING: string = join(GOLDEN, "http-cases.rec.gz");
/** What the processes of each case did, by the case's name. */
export const CASES_REPORTS: string = join(GOLDEN, "http-cases.json.gz");

/** A tap that reports what a recording has. */
export class ReplayTap implements TestedTap {
  readonly #path: string;
  readonly #requests: SeenRequest[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  async start(): Promise<void> {
    const reader = new FrameReader(this.#path);
    for (let frame = reader.next(); frame; frame = reader.next()) {
      if (frame.type === FRAME.header)
        checkLayouts(this.#path, parseHeader(this.#path, frame.payload), ["http_request_event"]);
      if (frame.type === FRAME.records) this.#take(frame.payload);
    }
    reader.close();
    if (reader.end !== "whole") throw new Error(`${this.#path} is ${reader.end} at byte ${reader.position}`);
  }

  async requests(): Promise<SeenRequest[]> {
    return [...this.#requests];
  }

  counters(): TapCounters {
    return {};
  }

  async stop(): Promise<void> {}

  #take(payload: Buffer): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    for (const [offset] of recordsOf(payload))
      if (view.getUint32(offset, true) === REQUEST_EVENT) this.#requests.push(decodeRequest(view, offset));
  }
}

/** Reads the reports that belong to CASES_RECORDING. */
export function readReports(): Readonly<Record<string, TalkReport>> {
  return JSON.parse(gunzipSync(readFileSync(CASES_REPORTS)).toString("utf8"), (key, value) =>
    key.endsWith("Ns") ? (value as string[]).map(BigInt) : value,
  );
}
