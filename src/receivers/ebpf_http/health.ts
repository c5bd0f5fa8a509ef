// What the receiver says of itself: that a step fails, and that all succeed again.
import type { Host } from "../../component/index.ts";

/** The steps that go on by themselves, each of which may fail now and succeed the next time. */
export type Step = "read" | "traces" | "metrics";

/** Reports a failure each time, and `ok` once nothing fails any more. */
export class Health {
  readonly #host: Host;
  readonly #failing: Set<Step> = new Set();

  constructor(host: Host) {
    this.#host = host;
  }

  failed(step: Step, cause: unknown): void {
    this.#failing.add(step);
    this.#host.reportStatus("recoverable_error", cause);
  }

  succeeded(step: Step): void {
    if (this.#failing.delete(step) && this.#failing.size === 0) this.#host.reportStatus("ok");
  }
}
