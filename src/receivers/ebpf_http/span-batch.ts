// Hot path: the spans of one drain, grouped by process without sorting them.
import { Slabs, Traces, TracesBuilder } from "../../pdata/index.ts";
import { SCHEMA_URL } from "../../semconv/schema.ts";
import type { ObservedProcess } from "./observed-process.ts";
import { SCOPE_NAME } from "./scope.ts";

/** Builders kept for the next batch; each keeps its buffer. */
const KEPT_BUILDERS = 16;
/** A builder that has more is emptied: what it writes to stays small, and near. */
const PART_BYTES = 48 << 10;

/** Each process writes into a builder of its own, as ResourceSpans; the batch is their bytes one after the other. */
export class SpanBatch {
  readonly #version: string;
  readonly #slabs: Slabs = new Slabs();
  readonly #open: Map<ObservedProcess, TracesBuilder> = new Map();
  readonly #free: TracesBuilder[] = [];
  #parts: Traces[] = [];
  #lastProcess: ObservedProcess | undefined;
  #lastBuilder: TracesBuilder | undefined;

  constructor(version: string) {
    this.#version = version;
  }

  /** Where the next span of a process goes. */
  builderOf(process: ObservedProcess): TracesBuilder {
    const builder = process === this.#lastProcess ? this.#lastBuilder! : this.#openFor(process);
    if (builder.byteLength > PART_BYTES) {
      this.#parts.push(builder.finishIn(this.#slabs));
      this.#begin(builder, process);
    }
    return builder;
  }

  /** The whole batch; undefined where it is empty. */
  take(): Traces | undefined {
    if (this.#open.size === 0) {
      this.#slabs.trim();
      return undefined;
    }
    const parts = this.#parts;
    for (const builder of this.#open.values()) {
      parts.push(builder.finishIn(this.#slabs));
      if (this.#free.length < KEPT_BUILDERS) this.#free.push(builder);
    }
    this.#parts = [];
    this.#open.clear();
    this.#lastProcess = undefined;
    this.#lastBuilder = undefined;
    return Traces.concat(...parts);
  }

  #openFor(process: ObservedProcess): TracesBuilder {
    let builder = this.#open.get(process);
    if (!builder) {
      builder = this.#free.pop() ?? new TracesBuilder();
      this.#begin(builder, process);
      this.#open.set(process, builder);
    }
    this.#lastProcess = process;
    this.#lastBuilder = builder;
    return builder;
  }

  #begin(builder: TracesBuilder, { resource }: ObservedProcess): void {
    builder.beginEncodedResource(resource, SCHEMA_URL).beginScope(SCOPE_NAME, this.#version, SCHEMA_URL);
  }
}
