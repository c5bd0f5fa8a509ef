// Hot path: the spans of one drain, grouped by process without sorting them.
import { Traces, TracesBuilder } from "../../pdata/index.ts";
import { SCHEMA_URL } from "../../semconv/schema.ts";
import type { ObservedProcess } from "./observed-process.ts";
import { SCOPE_NAME } from "./scope.ts";

/** Builders kept for the next batch; each keeps its buffer. */
const KEPT_BUILDERS = 16;

/** Each process writes into a builder of its own, as one ResourceSpans; the batch is their bytes one after the other. */
export class SpanBatch {
  readonly #version: string;
  readonly #open: Map<ObservedProcess, TracesBuilder> = new Map();
  readonly #free: TracesBuilder[] = [];
  #lastProcess: ObservedProcess | undefined;
  #lastBuilder: TracesBuilder | undefined;

  constructor(version: string) {
    this.#version = version;
  }

  /** Where the next span of a process goes. */
  builderOf(process: ObservedProcess): TracesBuilder {
    if (process === this.#lastProcess) return this.#lastBuilder!;
    let builder = this.#open.get(process);
    if (!builder) {
      builder = this.#free.pop() ?? new TracesBuilder();
      builder
        .beginEncodedResource(process.resource, SCHEMA_URL)
        .beginScope(SCOPE_NAME, this.#version, SCHEMA_URL);
      this.#open.set(process, builder);
    }
    this.#lastProcess = process;
    this.#lastBuilder = builder;
    return builder;
  }

  /** The whole batch; undefined where it is empty. */
  take(): Traces | undefined {
    if (this.#open.size === 0) return undefined;
    const parts: Traces[] = [];
    for (const builder of this.#open.values()) {
      parts.push(builder.finish());
      if (this.#free.length < KEPT_BUILDERS) this.#free.push(builder);
    }
    this.#open.clear();
    this.#lastProcess = undefined;
    this.#lastBuilder = undefined;
    return Traces.concat(...parts);
  }
}
