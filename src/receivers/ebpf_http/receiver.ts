import type { Component, Host, Settings } from "../../component/index.ts";
import { timerMs } from "../../confmap/duration.ts";
import type { Consumers } from "../../consumer/index.ts";
import type { HttpSource, OpenHttpSource } from "../../ebpf/tap/source.ts";
import type { Traces } from "../../pdata/index.ts";
import type { EbpfHttpConfig } from "./config.ts";
import { Discovery } from "./discovery.ts";
import { DrainPace } from "./drain-pace.ts";
import { Health } from "./health.ts";
import { LossReporter } from "./losses.ts";
import { ProcessSelection } from "./process-selection.ts";
import { SpanSampling } from "./span-sampling.ts";
import { tapSettings } from "./tap-settings.ts";
import { HttpTelemetry } from "./telemetry.ts";

/** Spans handed on at once. */
const MAX_BATCH_SPANS = 2000;
/** Spans that what follows has not taken yet; beyond, they wait in the ring. Lets a batch processor fill its batch. */
const MAX_WAITING_SPANS = 10_000;
const SAMPLING_INTERVAL_MS = 1000;
const LOSS_INTERVAL_MS = 60_000;

export interface EbpfHttpReceiverParts {
  readonly settings: Settings;
  readonly config: EbpfHttpConfig;
  readonly next: Consumers<"traces" | "metrics">;
  readonly agentPid: number;
  readonly openSource: OpenHttpSource;
}

/** What exists between start and shutdown. */
interface Running {
  readonly health: Health;
  readonly source: HttpSource;
  readonly telemetry: HttpTelemetry;
  readonly selection: ProcessSelection;
  readonly losses: LossReporter;
  readonly timers: readonly NodeJS.Timeout[];
}

/**
 * Hands on what the HTTP tap sees: spans as they come, metrics on each interval.
 *
 * The kernel's ring is the only queue of spans: while what follows is busy it is not drained, and the kernel counts what
 * finds it full. Metrics do not wait for it.
 */
export class EbpfHttpReceiver implements Component {
  readonly #parts: EbpfHttpReceiverParts;
  readonly #discovery: Discovery;
  readonly #sampling: SpanSampling;
  readonly #deliveries: Set<Promise<void>> = new Set();
  #running: Running | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  readonly #pace: DrainPace = new DrainPace();
  #sampledAtMs = 0;
  #waitingSpans = 0;
  #collecting: Promise<void> | undefined;

  constructor(parts: EbpfHttpReceiverParts) {
    this.#parts = parts;
    this.#discovery = new Discovery(parts.config.discovery);
    this.#sampling = new SpanSampling(parts.config.spans);
  }

  async start(host: Host): Promise<void> {
    const { settings, config, next, agentPid, openSource } = this.#parts;
    const { logger, buildInfo } = settings;
    const signals = { traces: next.traces !== undefined, metrics: next.metrics !== undefined };
    const discovery = this.#discovery;
    const firstSpans = this.#sampling.settings;
    const source = await openSource(
      tapSettings(config, { discovery, agentPid, spans: signals.traces, firstSpans }),
    );
    const telemetry = new HttpTelemetry(source, {
      config,
      discovery,
      version: buildInfo.version,
      ...signals,
    });
    const selection = new ProcessSelection(discovery, source.processes, source.tap);
    const losses = new LossReporter(logger, signals);
    this.#running = {
      health: new Health(host),
      source,
      telemetry,
      selection,
      losses,
      timers: this.#startTimers(),
    };
    selection.start();
    this.#sampledAtMs = performance.now();
    logger.info(source.description, "Watching HTTP.");
    this.#scheduleDrain();
  }

  async shutdown(signal: AbortSignal): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    clearTimeout(this.#drainTimer);
    for (const timer of running.timers) clearInterval(timer);
    running.source.tap.detach();
    await unlessAborted(this.#handOnRest(running, signal), signal);
    running.losses.report(running.source.tap.counters());
    running.selection.stop();
    running.telemetry.stop();
    await running.source.close();
  }

  /** The tap's counters by name; undefined while it is not running. For doctor and the agent's own metrics. */
  counters(): Readonly<Record<string, bigint>> | undefined {
    return this.#running?.source.tap.counters();
  }

  #startTimers(): readonly NodeJS.Timeout[] {
    const { collectionIntervalMs } = this.#parts.config;
    return [
      setInterval(() => this.#collectOnTime(), timerMs(collectionIntervalMs)).unref(),
      setInterval(() => this.#reportLosses(), LOSS_INTERVAL_MS).unref(),
    ];
  }

  #scheduleDrain(): void {
    this.#drainTimer = setTimeout(() => this.#drainOnTime(), this.#pace.intervalMs).unref();
  }

  #drainOnTime(): void {
    const running = this.#running;
    if (!running) return;
    this.#guarded(running, () => {
      this.#pace.drained(this.#drain(running));
      this.#adjustSampling(running, performance.now());
    });
    this.#scheduleDrain();
  }

  /** A step that fails is this receiver's failure, not the agent's; the next may succeed. */
  #guarded({ health }: Running, step: () => void): void {
    try {
      step();
      health.succeeded("read");
    } catch (cause) {
      health.failed("read", cause);
    }
  }

  /** Reads what there is and hands it on, as far as what follows has room; returns the number of records. */
  #drain(running: Running): number {
    const { source, telemetry, selection } = running;
    source.drainProcesses();
    selection.flush();
    let records = 0;
    while (this.#waitingSpans < MAX_WAITING_SPANS) {
      const found = telemetry.drain(MAX_BATCH_SPANS);
      records += found;
      this.#deliver(running);
      if (found < MAX_BATCH_SPANS) break;
    }
    return records;
  }

  #deliver({ health, telemetry }: Running): void {
    const traces = telemetry.takeTraces();
    if (!traces) return;
    const count = traces.itemCount;
    this.#waitingSpans += count;
    const delivery = this.#handOn(traces, health).finally(() => {
      this.#waitingSpans -= count;
      this.#deliveries.delete(delivery);
    });
    this.#deliveries.add(delivery);
  }

  async #handOn(traces: Traces, health: Health): Promise<void> {
    try {
      await this.#parts.next.traces?.consume(traces);
      health.succeeded("traces");
    } catch (cause) {
      health.failed("traces", cause); // no sender to tell: the graph counts the refusal
    }
  }

  /** Everything that is in the kernel still: spans until the ring is empty and all are taken, then the metrics. */
  async #handOnRest(running: Running, deadline: AbortSignal): Promise<void> {
    while (!deadline.aborted && (this.#drain(running) > 0 || this.#deliveries.size > 0))
      if (this.#deliveries.size > 0) await Promise.race(this.#deliveries);
    await this.#collecting;
    // Behind the deadline the tap is closed.
    if (!deadline.aborted) await this.#collect(running, true);
  }

  #collectOnTime(): void {
    const running = this.#running;
    if (!running || this.#collecting) return;
    this.#collecting = this.#collect(running, false).finally(() => {
      this.#collecting = undefined;
    });
  }

  async #collect({ health, source, telemetry }: Running, isLast: boolean): Promise<void> {
    const { metrics: next } = this.#parts.next;
    if (!next) return;
    try {
      source.drainProcesses();
      const metrics = telemetry.collect(performance.now(), isLast);
      if (metrics) await next.consume(metrics);
      health.succeeded("metrics");
    } catch (cause) {
      health.failed("metrics", cause); // cumulative: the next collection says it too
    }
  }

  /** Once a second. */
  #adjustSampling({ source: { tap } }: Running, nowMs: number): void {
    if (!this.#parts.next.traces || nowMs - this.#sampledAtMs < SAMPLING_INTERVAL_MS) return;
    this.#sampledAtMs = nowMs;
    if (this.#sampling.update(tap.counters())) tap.setSpans(this.#sampling.settings);
  }

  #reportLosses(): void {
    const running = this.#running;
    if (!running) return;
    this.#guarded(running, () => running.losses.report(running.source.tap.counters()));
    const { unwritten } = running.selection;
    if (unwritten > 0)
      this.#parts.settings.logger.warn(
        { processes: unwritten },
        "More processes than the kernel can select by: those beyond cost more, and are still left out where they should be.",
      );
  }
}

/** Waits for `work`, but not beyond the deadline: what is not done by then is lost. */
async function unlessAborted(work: Promise<void>, deadline: AbortSignal): Promise<void> {
  const { promise: expired, resolve: expire } = Promise.withResolvers<void>();
  deadline.addEventListener("abort", () => expire(), { once: true });
  if (deadline.aborted) expire();
  await Promise.race([work, expired]);
}
