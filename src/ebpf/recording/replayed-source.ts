// A recording as a source: what the kernel reported then, for the same subscriber.
import { Nanos } from "../../pdata/index.ts";
import { NO_ENVIRONMENT } from "../process/environment.ts";
import type { Process } from "../process/process.ts";
import { Procfs } from "../process/procfs.ts";
import type { ResourceAttribute } from "../process/service.ts";
import { ProcessTable } from "../process/table.ts";
import type { HttpSource, SourceClock } from "../tap/source.ts";
import { FRAME } from "./frame.ts";
import { type FileEnd, FrameReader } from "./frame-reader.ts";
import { checkLayouts, parseHeader, RECORDED_LAYOUTS, type RecordingHeader } from "./header.ts";
import type { RecordedExit, RecordedProcess } from "./process-frames.ts";
import { timeOfRecords } from "./record-batch.ts";
import { ReplayedTap } from "./replayed-tap.ts";

/** What comes next of a recording: records to drain, or a collection to read, after the last of which nothing follows. */
export type Moment = "records" | "collection" | "last collection";

/** There is none: all that is known of the recorded processes is in the recording. */
const NO_PROC = "/dev/null/proc";

/** Plays a recording, moment by moment. */
export class ReplayedSource implements HttpSource {
  readonly header: RecordingHeader;
  readonly tap: ReplayedTap = new ReplayedTap();
  readonly processes: ProcessTable = new ProcessTable(new Procfs(NO_PROC, NO_PROC));
  readonly services: ReplayedServices = new ReplayedServices();
  readonly clock: ReplayedClock;
  readonly description: HttpSource["description"];
  readonly #reader: FrameReader;
  readonly #path: string;
  #monotonicNs: bigint;
  #ended = false;

  /** Throws a RecordingError when the file is none, or one of another version. */
  constructor(path: string) {
    this.#path = path;
    this.#reader = new FrameReader(path);
    this.header = this.#readHeader();
    this.#monotonicNs = BigInt(this.header.clocks.monotonic);
    this.clock = new ReplayedClock(BigInt(this.header.clocks.unix));
    const { version, kernel, hook } = this.header;
    this.description = { replay: path, recorded_by: version, kernel, hook };
  }

  /** When the present moment was, in ns of the recorded host's CLOCK_MONOTONIC. */
  get monotonicNs(): bigint {
    return this.#monotonicNs;
  }

  /** How the file ended: as it was meant to, or without its last frame. Known when there are no more moments. */
  get end(): FileEnd {
    const { end = "whole" } = this.#reader;
    return end === "whole" && !this.#ended ? "cut" : end;
  }

  /** Goes on to the next moment; undefined at the end. The tap and the clock are then of that moment. */
  next(): Moment | undefined {
    for (let frame = this.#reader.next(); frame; frame = this.#reader.next()) {
      const moment = this.#take(frame.type, frame.payload);
      if (moment) return moment;
    }
    return undefined;
  }

  /** Processes come in their place among the moments. */
  drainProcesses(): void {}

  async close(): Promise<void> {
    this.#reader.close();
  }

  #readHeader(): RecordingHeader {
    try {
      const frame = this.#reader.next();
      const header = parseHeader(this.#path, frame?.type === FRAME.header ? frame.payload : Buffer.alloc(0));
      checkLayouts(this.#path, header, Object.keys(RECORDED_LAYOUTS));
      return header;
    } catch (error) {
      this.#reader.close();
      throw error;
    }
  }

  /** Frames of types this version does not know are passed over. */
  #take(type: number, payload: Buffer): Moment | undefined {
    switch (type) {
      case FRAME.process:
        this.#process(JSON.parse(payload.toString("utf8")));
        return undefined;
      case FRAME.exit:
        this.#exit(JSON.parse(payload.toString("utf8")));
        return undefined;
      case FRAME.clock:
        this.clock.offset.setBigInt(payload.readBigInt64LE(0));
        return undefined;
      case FRAME.records:
        this.#monotonicNs = timeOfRecords(payload);
        this.tap.setRecords(payload);
        return "records";
      case FRAME.collected:
        this.#monotonicNs = payload.readBigUInt64LE(0);
        this.clock.set(payload.readBigInt64LE(8));
        return payload.readUInt32LE(16) === 1 ? "last collection" : "collection";
      case FRAME.end:
        this.#ended = true;
        return undefined;
      default:
        this.tap.setSnapshot(type, payload);
        return undefined;
    }
  }

  #process({ pid, startNs, executable, command, cgroup, resource }: RecordedProcess): void {
    this.services.set(pid, startNs, resource);
    this.processes.apply({
      type: "exec",
      pid,
      startNs,
      timeNs: startNs,
      parentPid: 0,
      uid: 0,
      netns: 0,
      command,
      executable,
      cgroup,
      args: [],
      environment: NO_ENVIRONMENT,
      truncated: false,
    });
  }

  #exit({ pid, startNs, exitNs }: RecordedExit): void {
    this.processes.apply({ type: "exit", pid, startNs, timeNs: exitNs });
  }
}

/** Time of day stands still between collections. */
class ReplayedClock implements SourceClock {
  readonly offset: Nanos = new Nanos();
  readonly #now: Nanos = new Nanos();

  constructor(nowNs: bigint) {
    this.set(nowNs);
  }

  set(nowNs: bigint): void {
    this.#now.setBigInt(nowNs);
  }

  refresh(): void {}

  now(into: Nanos): Nanos {
    return into.set(this.#now);
  }
}

/** The resources that processes had then. */
class ReplayedServices {
  readonly #resources: Map<string, readonly ResourceAttribute[]> = new Map();

  set(pid: number, startNs: number, resource: readonly ResourceAttribute[]): void {
    this.#resources.set(`${pid} ${startNs}`, resource);
  }

  serviceOf({ pid, startNs }: Process): { readonly attributes: readonly ResourceAttribute[] } {
    return { attributes: this.#resources.get(`${pid} ${startNs}`) ?? [] };
  }
}
