// The agent's own telemetry, as `service.telemetry` wants it. Lives as long as the agent: through reloads, its counters
// and its instance id stay.
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Attributes, BuildInfo, Labels, Logger } from "../../component/index.ts";
import type { Tracing } from "../graph/traced.ts";
import { Counters } from "./counters.ts";
import { errorText } from "./encode.ts";
import { type LogOutputs, openOutputs } from "./log-outputs.ts";
import { type LoggerFactory, Loggers, type LogRecord } from "./logger.ts";
import { type Closable, MetricReaders } from "./metric-readers.ts";
import { observeProcess } from "./process-metrics.ts";
import { detectorsOf, resourceOf, type SentResource } from "./resource.ts";
import type { LogsConfig, TelemetryConfig } from "./schema.ts";
import { Traces } from "./traces.ts";
import { boundsOf } from "./views.ts";

/** What sends log records beside writing them. */
export interface LogSender extends Closable {
  emit(record: LogRecord): void;
}

/** What the log goes to, with what it was made from. */
interface LogTargets {
  readonly config: LogsConfig;
  readonly resource: SentResource;
  readonly outputs: LogOutputs;
  readonly sender: LogSender | undefined;
}

export class Telemetry {
  readonly counters: Counters = new Counters();
  /** Makes the loggers of components; valid once `configure` has resolved. */
  readonly loggers: LoggerFactory;
  readonly #buildInfo: BuildInfo;
  readonly #instanceId = randomUUID();
  readonly #allLoggers: Loggers = new Loggers();
  readonly #readers: MetricReaders;
  readonly #traces: Traces = new Traces();
  #logs: LogTargets | undefined;

  constructor(buildInfo: BuildInfo) {
    this.#buildInfo = buildInfo;
    this.loggers = this.#allLoggers.create;
    const warn = (error: unknown) =>
      this.logger.warn({ error: errorText(error) }, "A reader of the metrics could not be answered.");
    this.#readers = new MetricReaders(this.counters, warn);
    observeProcess(this.counters);
  }

  get tracing(): Tracing {
    return this.#traces;
  }

  /** The logger of the agent itself. */
  get logger(): Logger {
    return this.loggers({});
  }

  /** Starts or changes what there is to what `config` wants. Rejects, with everything as it was, when that is not possible. */
  async configure(config: TelemetryConfig): Promise<void> {
    const found = await this.#detect(config.resource);
    const resource = resourceOf(config.resource, this.#buildInfo, this.#instanceId, found);
    const sent = { labels: asLabels(resource), schemaUrl: String(config.resource.schema_url ?? "") };
    const logs = await this.#openLogs(config.logs, sent);
    try {
      await this.#configureMetricsAndTraces(config, sent);
    } catch (error) {
      if (logs !== this.#logs) await close(logs);
      throw error;
    }
    const before = this.#logs;
    this.#logs = logs;
    const also = logs.sender && ((record: LogRecord) => logs.sender?.emit(record));
    this.#allLoggers.configure({ config: logs.config, resource, write: logs.outputs.write, also });
    if (before !== logs) {
      await close(before);
      warnOfUnused(config, this.logger);
    }
  }

  async #detect({ "detection/development": section }: TelemetryConfig["resource"]): Promise<Attributes> {
    if (section === undefined) return {};
    const { detected } = await import("./detection.ts");
    return detected(section, this.#buildInfo);
  }

  async #configureMetricsAndTraces(
    { metrics, traces }: TelemetryConfig,
    resource: SentResource,
  ): Promise<void> {
    const { current } = this.#readers;
    await this.#readers.configure(metrics, resource);
    try {
      await this.#traces.configure(traces, resource);
    } catch (error) {
      await this.#readers.configure(current.config, current.resource);
      throw error;
    }
    this.counters.detailed = metrics.level === "detailed";
    this.counters.boundsOf = (name) => boundsOf(name, metrics);
  }

  /** Sends what is left and closes everything. */
  async close(): Promise<void> {
    await this.#traces.close();
    await this.#readers.close();
    await close(this.#logs);
    this.#logs = undefined;
  }

  async #openLogs(config: LogsConfig, resource: SentResource): Promise<LogTargets> {
    const { config: known, resource: knownResource } = this.#logs ?? {};
    if (this.#logs && isDeepStrictEqual([known, knownResource], [config, resource])) return this.#logs;
    try {
      const outputs = openOutputs(config.outputPaths, config.errorOutputPaths);
      return { config, resource, outputs, sender: await openSender(config, resource) };
    } catch (cause) {
      throw new Error(`failed to create logger: ${errorText(cause)}`, { cause });
    }
  }
}

async function openSender(config: LogsConfig, resource: SentResource): Promise<LogSender | undefined> {
  if (config.processors.length === 0) return undefined;
  const { startLogSender } = await import("./otlp-logs.ts");
  return startLogSender(config.processors, resource);
}

const AGGREGATIONS: readonly string[] = ["drop", "default", "sum", "explicit_bucket_histogram"];

/** The Collector's others ask a cloud's network. */
const DETECTORS: readonly string[] = ["container", "host", "process", "service"];

function warnOfUnused({ traces, metrics, resource }: TelemetryConfig, logger: Logger): void {
  const unused = {
    "traces::propagators": traces.propagators.length > 0,
    "metrics::views::stream::aggregation": metrics.views.some(({ stream: { aggregation } }) =>
      Object.keys(aggregation).some((name) => !AGGREGATIONS.includes(name)),
    ),
    "resource::detection/development::detectors": detectorsOf(resource["detection/development"]).some(
      (name) => !DETECTORS.includes(name),
    ),
  };
  const keys = Object.entries(unused).flatMap(([key, given]) => (given ? [key] : []));
  if (keys.length === 0) return;
  logger.warn({ keys }, "Settings of service::telemetry were checked but have no effect in this version.");
}

async function close(logs: LogTargets | undefined): Promise<void> {
  await logs?.sender?.close();
  logs?.outputs.close();
}

function asLabels(attributes: Attributes): Labels {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      Array.isArray(value) ? JSON.stringify(value) : String(value),
    ]),
  );
}
