import type { Attributes } from "../../component/index.ts";
import { type Capabilities, PermanentError } from "../../consumer/index.ts";
import { decodeLogs } from "../../pdata/decode/logs.ts";
import { decodeMetrics } from "../../pdata/decode/metrics.ts";
import { decodeTraces } from "../../pdata/decode/traces.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import type { Sender } from "../helper/exporter.ts";
import type { Verbosity } from "./config.ts";
import { detailedLogs, detailedMetrics, detailedTraces } from "./detailed.ts";
import { normalLogs, normalMetrics, normalTraces } from "./normal.ts";
import type { Output } from "./output.ts";

/** What is shown of one request: a message with counts, and the text below it. */
interface Shown {
  readonly message: string;
  readonly counts: Attributes;
  readonly text: string;
}

type Show<S extends Signal> = (data: SignalData[S], verbosity: Verbosity) => Shown;

const SHOW: { readonly [S in Signal]: Show<S> } = {
  traces: (data, verbosity) => ({
    message: "Traces",
    counts: { "resource spans": data.resourceCount, spans: data.itemCount },
    text: shownText(verbosity, () => decodeTraces(data.bytes()), normalTraces, detailedTraces),
  }),
  metrics: (data, verbosity) => ({
    message: "Metrics",
    counts: {
      "resource metrics": data.resourceCount,
      metrics: data.metricCount,
      "data points": data.itemCount,
    },
    text: shownText(verbosity, () => decodeMetrics(data.bytes()), normalMetrics, detailedMetrics),
  }),
  logs: (data, verbosity) => ({
    message: "Logs",
    counts: { "resource logs": data.resourceCount, "log records": data.itemCount },
    text: shownText(verbosity, () => decodeLogs(data.bytes()), normalLogs, detailedLogs),
  }),
};

function shownText<T>(
  verbosity: Verbosity,
  decode: () => T,
  normal: (t: T) => string,
  detailed: (t: T) => string,
): string {
  if (verbosity === "basic") return "";
  return verbosity === "normal" ? normal(decode()) : detailed(decode());
}

/** Writes what it is given as text, for people who want to see what passes through a pipeline. */
export class DebugExporter<S extends Signal> implements Sender<S> {
  readonly capabilities: Capabilities = { mutatesData: false };
  readonly #signal: S;
  readonly #verbosity: Verbosity;
  readonly #output: Output;

  constructor(signal: S, verbosity: Verbosity, output: Output) {
    this.#signal = signal;
    this.#verbosity = verbosity;
    this.#output = output;
  }

  async start(): Promise<void> {}

  async shutdown(): Promise<void> {}

  async consume(data: SignalData[S]): Promise<void> {
    const { message, counts, text } = this.#shown(data);
    this.#output(message, counts);
    if (this.#verbosity !== "basic") this.#output(text, {});
  }

  #shown(data: SignalData[S]): Shown {
    try {
      return SHOW[this.#signal](data, this.#verbosity);
    } catch (cause) {
      throw new PermanentError(`show ${this.#signal}: ${(cause as Error).message}`, { cause });
    }
  }
}
