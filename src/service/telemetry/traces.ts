// `service.telemetry.traces`: whether the agent makes spans of its own work.
import { isDeepStrictEqual } from "node:util";
import type { Tracer, Tracing } from "../graph/traced.ts";
import { errorText } from "./encode.ts";
import type { Closable } from "./metric-readers.ts";
import type { SentResource } from "./resource.ts";
import type { TracesConfig } from "./schema.ts";

/** The tracer of one agent, when it has one. */
export class Traces implements Tracing {
  #tracer: (Tracer & Closable) | undefined;
  #madeFrom: readonly [TracesConfig, SentResource] | undefined;

  get tracer(): Tracer | undefined {
    return this.#tracer;
  }

  /** Starts, changes or ends it. Rejects, with what was as it was, when that is not possible. */
  async configure(config: TracesConfig, resource: SentResource): Promise<void> {
    if (isDeepStrictEqual(this.#madeFrom, [config, resource])) return;
    const before = this.#tracer;
    this.#tracer = await start(config, resource);
    this.#madeFrom = [config, resource];
    await before?.close();
  }

  async close(): Promise<void> {
    await this.#tracer?.close();
    this.#tracer = undefined;
  }
}

async function start(config: TracesConfig, resource: SentResource): Promise<(Tracer & Closable) | undefined> {
  if (config.level === "none" || config.processors.length === 0) return undefined;
  try {
    const { startTracer } = await import("./otlp-traces.ts");
    return startTracer(config, resource);
  } catch (cause) {
    throw new Error(`failed to create tracer provider: ${errorText(cause)}`, { cause });
  }
}
