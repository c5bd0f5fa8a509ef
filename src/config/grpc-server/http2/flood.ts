import { Http2Error } from "./error.ts";
import { ERROR } from "./frames.ts";

/** More than this in a second in which nothing was answered is an attack: resets, pings, settings, empty frames. */
const MAX_FRAMES = 5000;
const PERIOD_MS = 1000;

/** Counts the frames that cost work and bring nothing. */
export class FloodGuard {
  #frames = 0;
  #since = 0;

  /** Throws a Http2Error when it is one too many. */
  count(): void {
    if (++this.#frames <= MAX_FRAMES) return;
    const now = performance.now();
    if (now - this.#since < PERIOD_MS) throw new Http2Error(ERROR.ENHANCE_YOUR_CALM, "too many frames");
    this.#since = now;
    this.#frames = 0;
  }

  /** A request was answered: the peer is of use. */
  reset(): void {
    this.#frames = 0;
  }
}
