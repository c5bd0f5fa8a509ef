import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { pause } from "./backoff.ts";

it("leaves nothing behind at a signal that outlives many pauses", async () => {
  const { signal } = new AbortController();
  await pause(1, signal);
  await pause(1, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("ends at once when the signal aborts", async () => {
  const abort = new AbortController();
  const paused = pause(60_000, abort.signal);
  abort.abort();
  await paused;
});
