import type { Logger } from "../../component/index.ts";
import { formatDurationMs, timerMs } from "../../confmap/duration.ts";
import type { MemoryLimiterConfig } from "./config.ts";
import type { Memory } from "./memory.ts";

const MIB = 1024 * 1024;

/** The limits in bytes. Data is refused above `soft`, which leaves room for the spike of what is in flight. */
export interface Limits {
  readonly hard: number;
  readonly soft: number;
}

/** Computes the limits. A spike of 0 is a fifth of the limit; MiB win over percentages. */
export function limitsOf(config: MemoryLimiterConfig, totalBytes: number): Limits {
  const { limitMib, spikeLimitMib, limitPercentage, spikeLimitPercentage } = config;
  const hard = limitMib > 0 ? limitMib * MIB : (limitPercentage * totalBytes) / 100;
  const spike = limitMib > 0 ? spikeLimitMib * MIB : (spikeLimitPercentage * totalBytes) / 100;
  return { hard, soft: hard - (spike > 0 ? spike : hard / 5) };
}

/** How long to leave between two collections of garbage; grows while they don't help. */
interface Pace {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Watches the process's memory for all the pipelines that share one `memory_limiter`.
 *
 * Between two checks the answer stands, so `refusing` costs nothing per batch.
 */
export class MemoryLimiter {
  readonly #config: MemoryLimiterConfig;
  readonly #memory: Memory;
  readonly #limits: Limits;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;
  #refusing = false;
  #collectedAt = Number.NEGATIVE_INFINITY;
  #collectionsInVain = 0;

  constructor(config: MemoryLimiterConfig, memory: Memory) {
    this.#config = config;
    this.#memory = memory;
    this.#limits = limitsOf(config, memory.totalBytes());
  }

  /** Whether memory was over the soft limit at the last check. */
  get refusing(): boolean {
    return this.#refusing;
  }

  /** Begins to watch, for one more user. */
  start(logger: Logger): void {
    if (this.#users++ > 0) return;
    const { hard, soft } = this.#limits;
    logger.info(
      {
        limit_mib: mib(hard),
        spike_limit_mib: mib(hard - soft),
        check_interval: formatDurationMs(this.#config.checkIntervalMs),
      },
      "Memory limiter configured",
    );
    this.#timer = setInterval(() => this.#checkOnTime(logger), timerMs(this.#config.checkIntervalMs)).unref();
  }

  /** Ends the watch when the last user has gone. */
  stop(): void {
    if (--this.#users > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#refusing = false;
  }

  /** Without a file descriptor left, memory cannot be read: then the last answer stands. */
  #checkOnTime(logger: Logger): void {
    try {
      this.check(logger);
    } catch (error) {
      logger.warn({ error: (error as Error).message }, "Memory usage could not be read.");
    }
  }

  /** Measures, collects garbage when over the limit, and decides. */
  check(logger: Logger): void {
    let used = this.#memory.usedBytes();
    if (used > this.#limits.soft && this.#mayCollect(used)) used = this.#collect(logger, used);
    const over = used > this.#limits.soft;
    if (over === this.#refusing) return;
    this.#refusing = over;
    const attributes = { cur_mem_mib: mib(used) };
    if (over) logger.warn(attributes, "Memory usage is above soft limit. Refusing data.");
    else logger.info(attributes, "Memory usage back within limits. Resuming normal operation.");
  }

  /** Doubles the wait while collecting does not help, up to the cap; a cap of 0 leaves it at the minimum. */
  #mayCollect(used: number): boolean {
    const { minMs, maxMs } = this.#pace(used);
    const backoffMs = Math.max(minMs, this.#config.checkIntervalMs) * 2 ** (this.#collectionsInVain - 1);
    const waitMs = this.#collectionsInVain === 0 ? minMs : Math.max(minMs, Math.min(backoffMs, maxMs));
    return performance.now() - this.#collectedAt >= waitMs;
  }

  #pace(used: number): Pace {
    const config = this.#config;
    if (used > this.#limits.hard) {
      return { minMs: config.minGcIntervalWhenHardLimitedMs, maxMs: config.maxGcIntervalWhenHardLimitedMs };
    }
    return { minMs: config.minGcIntervalWhenSoftLimitedMs, maxMs: config.maxGcIntervalWhenSoftLimitedMs };
  }

  #collect(logger: Logger, used: number): number {
    const limit = used > this.#limits.hard ? "hard" : "soft";
    logger.info({ cur_mem_mib: mib(used) }, `Memory usage is above ${limit} limit. Forcing a GC.`);
    this.#memory.collectGarbage();
    this.#collectedAt = performance.now();
    const left = this.#memory.usedBytes();
    this.#collectionsInVain = left > this.#limits.soft ? Math.min(this.#collectionsInVain + 1, 16) : 0;
    logger.info({ cur_mem_mib: mib(left) }, "Memory usage after GC.");
    return left;
  }
}

function mib(bytes: number): number {
  return Math.floor(bytes / MIB);
}
