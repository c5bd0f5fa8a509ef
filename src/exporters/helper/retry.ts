// Tries again what may yet succeed: the Collector's retry_on_failure.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../component/index.ts";
import { formatDurationMs } from "../../confmap/duration.ts";
import { type Consumer, PermanentError } from "../../consumer/index.ts";
import type { Signal } from "../../pdata/index.ts";
import type { RetryConfig } from "./config.ts";

/** A retryable failure whose sender named the earliest time to try again. */
export class ThrottledError extends Error {
  override readonly name = "ThrottledError";
  readonly retryAfterMs: number;

  constructor(cause: Error, retryAfterMs: number) {
    super(`Throttle (${formatDurationMs(retryAfterMs)}), error: ${cause.message}`, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** A failure for now that has lasted for as long as it may be tried again. */
export class RetriesSpentError extends PermanentError {
  override readonly name = "RetriesSpentError";
}

/** A failure whose data would have been tried again, had the exporter not been stopped: a queue on disk keeps it. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/**
 * Wraps `next` so that retryable failures are tried again with jittered exponential backoff.
 *
 * When `stopping` aborts, waiting ends: what was waiting is tried one last time.
 */
export function withRetry<S extends Signal>(
  config: RetryConfig,
  logger: Logger,
  stopping: AbortSignal,
  next: Consumer<S>,
): Consumer<S> {
  return {
    capabilities: next.capabilities,
    async consume(data, context) {
      const signal = context?.signal;
      const deadline = config.maxElapsedTimeMs > 0 ? Date.now() + config.maxElapsedTimeMs : Infinity;
      for (const interval of intervals(config)) {
        const last = stopping.aborted;
        try {
          return await next.consume(data, context);
        } catch (error) {
          const delayMs = delayAfter(error, interval, deadline, last || signal?.aborted === true);
          data.keep();
          const attributes = { error: messageOf(error), interval: formatDurationMs(delayMs) };
          logger.info(attributes, "Exporting failed. Will retry the request after interval.");
          const wake = signal ? AbortSignal.any([signal, stopping]) : stopping;
          await sleep(delayMs, undefined, { signal: wake }).catch(() => {}); // Woken early by a stop.
        }
      }
    },
  };
}

/** The backoff's intervals in milliseconds, with their jitter. */
function* intervals(config: RetryConfig): Generator<number> {
  for (let ms = config.initialIntervalMs; ; ms = Math.min(ms * config.multiplier, config.maxIntervalMs)) {
    yield ms * (1 + config.randomizationFactor * (2 * Math.random() - 1));
  }
}

/** How long to wait after `error`; throws when trying again is no use. */
function delayAfter(error: unknown, interval: number, deadline: number, last: boolean): number {
  const message = messageOf(error);
  if (error instanceof PermanentError) {
    throw new PermanentError(`not retryable error: Permanent error: ${message}`, { cause: error });
  }
  if (last) throw new InterruptedError(`interrupted due to shutdown: ${message}`, { cause: error });
  const throttle = error instanceof ThrottledError ? error.retryAfterMs : 0;
  const delay = Math.max(interval, throttle);
  if (Date.now() + delay > deadline) {
    throw new RetriesSpentError(`no more retries left: ${message}`, { cause: error });
  }
  return delay;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
