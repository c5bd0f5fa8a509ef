// Data that some of several consumers took and others refused: it can be offered again to those others alone.
import type { Context } from "./index.ts";

/** Offers the same data once more to those who refused it for now. */
export type Reoffer = (context?: Context) => Promise<void>;

const reoffers = new WeakMap<object, Reoffer>();

/**
 * Rejects data for a component that a reload has taken away. The same data may find its way through what runs now; only to
 * offer it to that component again is no use.
 */
export class GoneError extends Error {
  override readonly name = "GoneError";
}

/** Says with `error` how to reach those who refused without those who took the data. Gives `error`. */
export function partly<E extends Error>(error: E, reoffer: Reoffer): E {
  reoffers.set(error, reoffer);
  return error;
}

/** How to reach those who refused for now; undefined when nobody took the data, or nobody may yet. */
export function reofferOf(error: unknown): Reoffer | undefined {
  return typeof error === "object" && error !== null ? reoffers.get(error) : undefined;
}
