import type { Host } from "../../component/index.ts";
import { type Capabilities, PermanentError } from "../../consumer/index.ts";
import { decodeLogs } from "../../pdata/decode/logs.ts";
import { decodeMetrics } from "../../pdata/decode/metrics.ts";
import { decodeTraces } from "../../pdata/decode/traces.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import type { Sender } from "../helper/exporter.ts";
import type { Canvas } from "./cells.ts";
import type { ConsoleConfig } from "./config.ts";
import { drawLogs } from "./logs.ts";
import { MetricTables } from "./metrics.ts";
import { SpanLines } from "./spans.ts";

/** What is needed of standard output. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

type Draw<S extends Signal> = (data: SignalData[S], canvas: Canvas) => string;

/** How each signal is drawn; what it remembers lives as long as the exporter. */
const DRAW: { readonly [S in Signal]: () => Draw<S> } = {
  traces: () => {
    const lines = new SpanLines();
    return (data, canvas) => lines.draw(decodeTraces(data.bytes()), canvas);
  },
  metrics: () => {
    const tables = new MetricTables();
    return (data, canvas) => tables.draw(decodeMetrics(data.bytes()), canvas);
  },
  logs: () => (data, canvas) => drawLogs(decodeLogs(data.bytes()), canvas),
};

/** Shows telemetry to a person at a terminal. */
export class ConsoleExporter<S extends Signal> implements Sender<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #screen: Screen;
  readonly #color: boolean;
  readonly #draw: Draw<S> | undefined;
  #host: Host | undefined;

  constructor(config: ConsoleConfig, signal: S, screen: Screen, env: NodeJS.ProcessEnv) {
    this.#screen = screen;
    this.#color = wantsColor(config, screen, env);
    const shown = { traces: config.spans, metrics: config.metrics, logs: true };
    this.#draw = shown[signal] ? DRAW[signal]() : undefined;
  }

  async start(host: Host): Promise<void> {
    this.#host = host;
    this.#screen.on("error", this.#failed);
  }

  async shutdown(): Promise<void> {
    this.#screen.off("error", this.#failed);
  }

  async consume(data: SignalData[S]): Promise<void> {
    const text = this.#drawn(data);
    if (text) await this.#write(text);
  }

  /** Each write's callback has the error too. When nobody reads any more, as behind `| head`, nobody ever will. */
  readonly #failed = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") this.#host?.reportStatus("fatal_error", error);
  };

  #drawn(data: SignalData[S]): string {
    // Piped to a file or another program, lines are as long as they are.
    const width = (this.#screen.isTTY && this.#screen.columns) || Number.POSITIVE_INFINITY;
    try {
      return this.#draw?.(data, { color: this.#color, width }) ?? "";
    } catch (cause) {
      throw new PermanentError(`show ${data.signal}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Resolves when the terminal has taken the text, so that a slow one slows the pipeline. */
  #write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#screen.write(text, (cause) => {
        if (cause) reject(new PermanentError(`write to standard output: ${cause.message}`, { cause }));
        else resolve();
      });
    });
  }
}

/** https://no-color.org: any value but the empty one. */
function wantsColor({ color }: ConsoleConfig, { isTTY }: Screen, env: NodeJS.ProcessEnv): boolean {
  if (color !== "auto") return color === "always";
  return isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}
