// Plays a recording in the place of the kernel.
import { setTimeout as sleep } from "node:timers/promises";
import type { Component, Host, Settings } from "../../component/index.ts";
import type { Consumers } from "../../consumer/index.ts";
import type { RecordedSettings } from "../../ebpf/recording/header.ts";
import { type Moment, ReplayedSource } from "../../ebpf/recording/replayed-source.ts";
import { readAgentPid } from "../../ebpf/tap/agent-pid.ts";
import type { EbpfHttpConfig } from "./config.ts";
import { Discovery } from "./discovery.ts";
import { LossReporter } from "./losses.ts";
import { tapSettings } from "./tap-settings.ts";
import { HttpTelemetry } from "./telemetry.ts";

/** Spans handed on at once, as of the kernel's. */
const MAX_BATCH_SPANS = 2000;

export interface ReplayReceiverParts {
  readonly settings: Settings;
  readonly config: EbpfHttpConfig;
  readonly next: Consumers<"traces" | "metrics">;
}

/** What exists between start and shutdown. */
interface Playing {
  readonly host: Host;
  readonly source: ReplayedSource;
  readonly telemetry: HttpTelemetry;
  readonly stopping: AbortController;
  readonly done: Promise<void>;
}

/**
 * Hands on what a recording holds, each span and collection as it was when it was recorded; then reports that it has
 * stopped. What follows sets the pace: nothing is lost.
 */
export class ReplayReceiver implements Component {
  readonly #parts: ReplayReceiverParts;
  #playing: Playing | undefined;

  constructor(parts: ReplayReceiverParts) {
    this.#parts = parts;
  }

  async start(host: Host): Promise<void> {
    const { settings, config, next } = this.#parts;
    const source = new ReplayedSource(config.replay);
    const discovery = new Discovery(config.discovery);
    const signals = { traces: next.traces !== undefined, metrics: next.metrics !== undefined };
    try {
      this.#checkSettings(source.header.settings, discovery);
    } catch (error) {
      await source.close();
      throw error;
    }
    const { version } = settings.buildInfo;
    const telemetry = new HttpTelemetry(source, { config, discovery, version, ...signals });
    settings.logger.info(source.description, "Playing a recording.");
    const stopping = new AbortController();
    const begun = { host, source, telemetry, stopping };
    this.#playing = { ...begun, done: this.#play(begun) };
  }

  async shutdown(): Promise<void> {
    const playing = this.#playing;
    if (!playing) return;
    this.#playing = undefined;
    playing.stopping.abort();
    await playing.done;
    playing.telemetry.stop();
    await playing.source.close();
  }

  /** Series were counted with the boundaries of then, which cannot be changed any more. */
  #checkSettings(recorded: RecordedSettings, discovery: Discovery): void {
    const { config } = this.#parts;
    const wanted = tapSettings(config, { discovery, agentPid: readAgentPid(), spans: recorded.spans });
    if (String(wanted.boundariesNs) !== String(recorded.boundaries)) {
      const seconds = recorded.boundaries.map((ns) => Number(ns) / 1e9).join(", ");
      throw new Error(`play ${config.replay}: set histogram.boundaries as it was recorded: [${seconds}]`);
    }
    if (wanted.wholePaths !== (recorded.wholePaths ?? false))
      // which older recordings do not have
      throw new Error(
        `play ${config.replay}: it was recorded ${recorded.wholePaths ? "with" : "without"} routes.unmatched: path`,
      );
    if (wanted.bodySizes && !recorded.bodySizes)
      throw new Error(`play ${config.replay}: it was recorded without metrics.body_size; turn that off`);
  }

  async #play(playing: Omit<Playing, "done">): Promise<void> {
    const { host, source, stopping } = playing;
    const { signal } = stopping;
    try {
      await sleep(0, undefined, { signal }); // the start is over first
      const pace = this.#parts.config.replaySpeed === "original" ? new Pace(source.monotonicNs) : undefined;
      for (let moment = source.next(); moment && !signal.aborted; moment = source.next()) {
        await pace?.reach(source.monotonicNs, signal);
        await this.#show(moment, playing);
      }
      this.#sayEnd(source);
      host.reportStatus("stopped");
    } catch (cause) {
      if (!signal.aborted) host.reportStatus("fatal_error", cause);
    }
  }

  async #show(moment: Moment, { host, source, telemetry }: Omit<Playing, "done">): Promise<void> {
    const { traces, metrics } = this.#parts.next;
    try {
      if (moment !== "records") {
        const isLast = moment === "last collection";
        const collected = metrics && telemetry.collect(Number(source.monotonicNs) / 1e6, isLast);
        if (collected) await metrics.consume(collected);
        return;
      }
      while (telemetry.drain(MAX_BATCH_SPANS) > 0) {
        const spans = telemetry.takeTraces();
        if (spans) await traces?.consume(spans);
      }
    } catch (cause) {
      host.reportStatus("recoverable_error", cause); // no sender to tell: the graph counts the refusal
    }
  }

  #sayEnd(source: ReplayedSource): void {
    const { settings, next, config } = this.#parts;
    const { logger } = settings;
    const signals = { traces: next.traces !== undefined, metrics: next.metrics !== undefined };
    new LossReporter(logger, signals).report(source.tap.counters());
    const attributes = { replay: config.replay };
    if (source.end === "whole") logger.info(attributes, "Played the whole recording.");
    else if (source.end === "cut")
      logger.warn(attributes, "Played what is there of the recording: it was cut.");
    else logger.warn(attributes, "Played what is before the damage of the recording.");
  }
}

/** Keeps the time that was between the moments. */
class Pace {
  readonly #recordedNs: bigint;
  readonly #startedMs: number = performance.now();

  constructor(recordedNs: bigint) {
    this.#recordedNs = recordedNs;
  }

  /** Resolves when as long has passed since the beginning as had then. Rejects when aborted. */
  async reach(monotonicNs: bigint, signal: AbortSignal): Promise<void> {
    const dueMs = this.#startedMs + Number(monotonicNs - this.#recordedNs) / 1e6;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal });
  }
}
