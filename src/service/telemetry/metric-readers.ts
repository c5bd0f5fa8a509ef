// Who reads the agent's own metrics: pages for Prometheus, and senders of OTLP.
import { isDeepStrictEqual } from "node:util";
import type { Counters } from "./counters.ts";
import { errorText } from "./encode.ts";
import type { MetricsConfig, PrometheusReaderConfig, ReaderConfig } from "./metrics-schema.ts";
import { prometheusText } from "./prometheus-text.ts";
import type { SentResource } from "./resource.ts";
import { type Metric, readMetrics } from "./views.ts";

/** Something that runs until it is closed. */
export interface Closable {
  close(): Promise<void>;
}

interface Running extends Closable {
  config: ReaderConfig;
  readonly resource: SentResource;
}

/** The readers of one agent. Those that a new configuration has, too, run on. */
export class MetricReaders {
  readonly #counters: Counters;
  readonly #onError: (error: unknown) => void;
  #config: MetricsConfig = { level: "none", readers: [], views: [] };
  #resource: SentResource = { labels: {}, schemaUrl: "" };
  #running: readonly Running[] = [];

  /** `onError` is told of what a page could not answer. */
  constructor(counters: Counters, onError: (error: unknown) => void) {
    this.#counters = counters;
    this.#onError = onError;
  }

  /** What `configure` was given last. */
  get current(): { readonly config: MetricsConfig; readonly resource: SentResource } {
    return { config: this.#config, resource: this.#resource };
  }

  /** Starts what is new and then closes what is gone. Rejects, with everything as it was, when something cannot start. */
  async configure(config: MetricsConfig, resource: SentResource): Promise<void> {
    const wanted = config.level === "none" ? [] : config.readers;
    const started: Running[] = [];
    const running: Running[] = [];
    try {
      for (const reader of wanted) {
        const known = this.#running.find((one) => isSame(one, reader, resource));
        if (known) running.push(Object.assign(known, { config: reader }));
        else started.push(await this.#start(reader, resource));
      }
    } catch (cause) {
      for (const reader of started) await reader.close();
      throw new Error(`failed to create meter provider: ${errorText(cause)}`, { cause });
    }
    const gone = this.#running.filter((one) => !running.includes(one));
    this.#running = [...running, ...started];
    this.#config = config;
    this.#resource = resource;
    for (const reader of gone) await reader.close();
  }

  async close(): Promise<void> {
    for (const reader of this.#running) await reader.close();
    this.#running = [];
  }

  async #start(config: ReaderConfig, resource: SentResource): Promise<Running> {
    const running: { config: ReaderConfig } = { config };
    const { pull, periodic } = config;
    if (pull?.exporter.prometheus) {
      const { servePrometheus } = await import("./prometheus-server.ts");
      const { host, port } = pull.exporter.prometheus;
      const page = await servePrometheus(host, port, () => this.#page(running.config), this.#onError);
      return Object.assign(running, { resource, close: page.close });
    }
    const { startPeriodicReader } = await import("./otlp-metrics.ts");
    const sender = startPeriodicReader(periodic!, resource, () => this.#read());
    return Object.assign(running, { resource, close: sender.close });
  }

  #page({ pull }: ReaderConfig): string {
    return prometheusText(this.#read(), this.#resource.labels, pull!.exporter.prometheus!);
  }

  #read(): readonly Metric[] {
    return readMetrics(this.#counters, this.#config);
  }
}

/** A page goes on at its address, whatever it is to show; a sender only when nothing changed. */
function isSame({ config, resource }: Running, reader: ReaderConfig, wanted: SentResource): boolean {
  const [before, after] = [addressOf(config), addressOf(reader)];
  if (before !== undefined || after !== undefined) return before === after;
  return isDeepStrictEqual([config, resource], [reader, wanted]);
}

function addressOf({ pull }: ReaderConfig): string | undefined {
  const page: PrometheusReaderConfig | undefined = pull?.exporter.prometheus;
  return page && `${page.host}:${page.port}`;
}
