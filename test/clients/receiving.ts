// A wattspan that takes OTLP and writes all of it to a file, and what it says of itself.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { Agent } from "../support/agent.ts";
import { freePort } from "../support/servers.ts";
import { readWritten, type Written } from "./found.ts";

/** What differs from the simplest one. */
export interface ReceivingOptions {
  /** Files with its certificate and key. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  readonly ports?: Ports;
  readonly processors?: Readonly<Record<string, object>>;
  /** Instead of the file exporter. */
  readonly exporters?: Readonly<Record<string, object>>;
}

/** Where a wattspan listens, and where it has its metrics. */
export type Ports = Readonly<Record<"grpc" | "http" | "metrics", number>>;

/** The ports of a wattspan that is yet to start. */
export async function findPorts(): Promise<Ports> {
  const [grpc, http, metrics] = await Promise.all([freePort(), freePort(), freePort()]);
  return { grpc, http, metrics };
}

/** A configuration with one pipeline for each signal. */
function configuration(ports: Ports, options: ReceivingOptions, file: string): string {
  const { tls, processors = {}, exporters = { file: { path: file } } } = options;
  const security = tls ? { tls: { cert_file: tls.certFile, key_file: tls.keyFile } } : {};
  const pipeline = {
    receivers: ["otlp"],
    processors: Object.keys(processors),
    exporters: Object.keys(exporters),
  };
  const pull = { exporter: { prometheus: { host: "127.0.0.1", port: ports.metrics } } };
  return stringify({
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `127.0.0.1:${ports.grpc}`, ...security },
          http: { endpoint: `127.0.0.1:${ports.http}`, ...security },
        },
      },
    },
    processors,
    exporters,
    service: {
      telemetry: { metrics: { readers: [{ pull }] } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
    },
  });
}

/** What a wattspan counted, over all signals' names: spans, metric_points, log_records. */
export type Counts = Readonly<Record<string, number>>;

/** A wattspan with an otlp receiver for both protocols and a file exporter. */
export class Receiving {
  readonly ports: Ports;
  readonly agent: Agent;
  readonly #folder: string;

  private constructor(ports: Ports, agent: Agent, folder: string) {
    this.ports = ports;
    this.agent = agent;
    this.#folder = folder;
  }

  static async start(options: ReceivingOptions = {}): Promise<Receiving> {
    const folder = mkdtempSync(join(tmpdir(), "clients-"));
    const ports = options.ports ?? (await findPorts());
    const agent = await Agent.start(configuration(ports, options, join(folder, "written.jsonl")));
    return new Receiving(ports, agent, folder);
  }

  /** Ends it, so that all is written, and reads what was. */
  async stop(): Promise<Written> {
    try {
      await this.agent.stop();
      return readWritten(join(this.#folder, "written.jsonl"));
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }
}

/** Reads counters like `otelcol_receiver_accepted_*` of the wattspan whose metrics are on `port`. */
export async function readCounts(port: number, prefix: string, label = ""): Promise<Counts> {
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counts: Record<string, number> = {};
  for (const line of page.split("\n")) {
    const [, name, labels, value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    if (!name?.startsWith(prefix) || !labels?.includes(label)) continue;
    const item = name.slice(prefix.length);
    counts[item] = (counts[item] ?? 0) + Number(value);
  }
  return counts;
}
