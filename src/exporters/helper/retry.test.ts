import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogRecorder } from "../../../test/support/component.ts";
import { traces } from "../../../test/support/data.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { type Consumer, PermanentError } from "../../consumer/index.ts";
import { Slabs, Traces } from "../../pdata/index.ts";
import { retryConfig } from "./config.ts";
import { ThrottledError, withRetry } from "./retry.ts";

/** Fails with each of `errors` in turn, then takes everything; keeps the times at which it was tried. */
function failing(...errors: Error[]): Consumer<"traces"> & { readonly tries: number[] } {
  const tries: number[] = [];
  return {
    capabilities: { mutatesData: false },
    tries,
    async consume() {
      tries.push(Date.now());
      const error = errors.shift();
      if (error) throw error;
    },
  };
}

const unavailable = (): Error => new Error("unavailable");

function retrying(next: Consumer<"traces">, section: object = {}, stopping = new AbortController()) {
  const logger = new LogRecorder();
  const consumer = withRetry(parseConfig(retryConfig, section), logger, stopping.signal, next);
  return { consumer, logger, stopping };
}

describe("retry_on_failure", () => {
  it("keeps no slab of a receiver while it waits", async () => {
    const { consumer } = retrying(failing(unavailable()), { initial_interval: "1ms" });
    const { bytes, lease } = new Slabs().lend(traces(3).bytes());
    const data = new Traces([bytes], 3, [lease]);
    await consumer.consume(data);
    expect(data.chunks[0]!.buffer.byteLength).toBe(bytes.length);
  });

  it("backs off by the multiplier up to max_interval, within its jitter", async () => {
    const next = failing(...Array.from({ length: 6 }, unavailable));
    const section = { initial_interval: "20ms", max_interval: "60ms", randomization_factor: 0.1 };
    const { consumer, logger } = retrying(next, section);
    await consumer.consume(traces(1));
    expect(next.tries).toHaveLength(7);
    const intervals = logger.records.map(({ attributes }) => Number.parseFloat(String(attributes.interval)));
    for (const [i, expected] of [20, 30, 45, 60, 60, 60].entries()) {
      expect(intervals[i]).toBeGreaterThanOrEqual(expected * 0.9);
      expect(intervals[i]).toBeLessThanOrEqual(expected * 1.1);
    }
  });

  it("waits exactly the interval without randomization", async () => {
    const { consumer, logger } = retrying(failing(unavailable()), {
      initial_interval: "5ms",
      randomization_factor: 0,
    });
    await consumer.consume(traces(1));
    expect(logger.records).toEqual([
      {
        level: "info",
        attributes: { error: "unavailable", interval: "5ms" },
        message: "Exporting failed. Will retry the request after interval.",
      },
    ]);
  });

  it("never retries what is permanent", async () => {
    const next = failing(new PermanentError("bad"));
    const { consumer } = retrying(next);
    const failure = consumer.consume(traces(1));
    await expect(failure).rejects.toThrow(PermanentError);
    await expect(failure).rejects.toThrow("not retryable error: Permanent error: bad");
    expect(next.tries).toHaveLength(1);
  });

  it("gives up at once when the server asks for more time than there is", async () => {
    const next = failing(new ThrottledError(unavailable(), 60_000));
    const { consumer } = retrying(next, {
      initial_interval: "1ms",
      max_interval: "1ms",
      max_elapsed_time: "1s",
    });
    await expect(consumer.consume(traces(1))).rejects.toThrow(
      "no more retries left: Throttle (1m0s), error: unavailable",
    );
    expect(next.tries).toHaveLength(1);
  });

  it("tries what waits one last time when the agent stops, and then gives it up", async () => {
    const section = { initial_interval: "1h", max_interval: "1h", max_elapsed_time: "0s" };
    const next = failing(unavailable(), unavailable());
    const { consumer, stopping } = retrying(next, section);
    const failure = consumer.consume(traces(1));
    setTimeout(() => stopping.abort(), 20);
    await expect(failure).rejects.toThrow("interrupted due to shutdown: unavailable");
    await expect(failure).rejects.not.toBeInstanceOf(PermanentError); // Its sender may try another exporter.
    expect(next.tries).toHaveLength(2);
  });

  it("stops waiting when the caller gives up", async () => {
    const section = { initial_interval: "1h", max_interval: "1h", max_elapsed_time: "0s" };
    const { consumer } = retrying(failing(unavailable(), unavailable()), section);
    await expect(consumer.consume(traces(1), { signal: AbortSignal.timeout(20) })).rejects.toThrow(
      "interrupted",
    );
  });

  describe("with max_elapsed_time 0", () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["Date"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it("retries for ever", async () => {
      const day = 86_400_000;
      const next = failing(unavailable(), unavailable());
      const slow: Consumer<"traces"> = {
        ...next,
        async consume(data) {
          vi.setSystemTime(Date.now() + day);
          await next.consume(data);
        },
      };
      const section = { initial_interval: "1ms", max_interval: "1ms", max_elapsed_time: "0s" };
      await retrying(slow, section).consumer.consume(traces(1));
      expect(next.tries).toHaveLength(3);
    });
  });
});
