// Hot path while recording: copies the records of one drain into one frame.
import { http_request_event, http_target_event } from "../layouts.gen.ts";
import { FRAME } from "./frame.ts";
import type { FrameWriter } from "./frame-writer.ts";
import { redactHead } from "./redact-head.ts";

const TIME_BYTES = 8;
const LENGTH_BYTES = 8;
const BATCH_BYTES = 256 << 10;
/** enum http_event_type (bpf/http.h). */
const REQUEST = 1;

/** Gathers records and writes them as frames of type `records`. */
export class RecordBatch {
  readonly #writer: FrameWriter;
  readonly #redact: boolean;
  readonly #monotonicNs: () => bigint;
  readonly #bytes: Buffer = Buffer.alloc(BATCH_BYTES);
  #used: number = TIME_BYTES;
  #records = 0;

  constructor(writer: FrameWriter, redact: boolean, monotonicNs: () => bigint) {
    this.#writer = writer;
    this.#redact = redact;
    this.#monotonicNs = monotonicNs;
  }

  /** How many were added since the beginning. */
  get records(): number {
    return this.#records;
  }

  add(view: DataView, offset: number, length: number): void {
    const padded = (length + 7) & ~7;
    if (this.#used + LENGTH_BYTES + padded > BATCH_BYTES) this.flush();
    const at = this.#used + LENGTH_BYTES;
    this.#bytes.fill(0, this.#used, at + padded);
    this.#bytes.writeUInt32LE(length, this.#used);
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + offset, length), at);
    if (this.#redact) redactRecord(this.#bytes, at, length);
    this.#used = at + padded;
    this.#records++;
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#used === TIME_BYTES) return;
    this.#bytes.writeBigUInt64LE(this.#monotonicNs(), 0);
    const used = this.#used;
    this.#used = TIME_BYTES;
    this.#writer.write(FRAME.records, this.#bytes.subarray(0, used));
  }
}

/** A request's two heads follow its struct, a target's one does. */
function redactRecord(bytes: Buffer, at: number, length: number): void {
  const end = at + length;
  if (bytes.readUInt32LE(at) !== REQUEST) {
    redactHead(bytes, at + http_target_event.size, end);
    return;
  }
  const request = at + http_request_event.size;
  const response = request + bytes.readUInt16LE(at + http_request_event.request_head_bytes);
  redactHead(bytes, request, Math.min(response, end));
  redactHead(bytes, Math.min(response, end), end);
}

/** When the records of a frame's payload were read, in ns of CLOCK_MONOTONIC. */
export function timeOfRecords(payload: Buffer): bigint {
  return payload.readBigUInt64LE(0);
}

/** Finds each record of a frame's payload: its offset and length. Stops at one that does not fit. */
export function* recordsOf(payload: Buffer): Generator<readonly [offset: number, length: number]> {
  for (let at = TIME_BYTES; at + LENGTH_BYTES <= payload.length; ) {
    const length = payload.readUInt32LE(at);
    const offset = at + LENGTH_BYTES;
    if (offset + length > payload.length) return;
    yield [offset, length];
    at = offset + ((length + 7) & ~7);
  }
}
