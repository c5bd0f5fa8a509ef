// Hot: how long a processor takes for what it does itself, without what follows it.
import type { Consumer } from "../../consumer/index.ts";
import type { Signal } from "../../pdata/index.ts";
import type { Count } from "./edge.ts";

/**
 * Measures from a call into the processor to where it hands on, refuses or keeps the data, as long as that is one
 * synchronous step: what it does later is not seen.
 */
export class ProcessorClock {
  readonly #duration: { record(seconds: number): void };
  #beganMs: number | undefined;

  constructor(duration: { record(seconds: number): void }) {
    this.#duration = duration;
  }

  /** `processor`, whose calls are measured. */
  around(processor: Consumer<Signal>): Consumer<Signal> {
    return {
      capabilities: processor.capabilities,
      consume: (data, context) => {
        this.#beganMs = performance.now();
        try {
          return processor.consume(data, context);
        } finally {
          this.#end();
        }
      },
    };
  }

  /** `count` of what it hands on, where the measurement ends. */
  until(count: Count): Count {
    return {
      add: (items) => {
        this.#end();
        count.add(items);
      },
    };
  }

  #end(): void {
    if (this.#beganMs === undefined) return;
    this.#duration.record((performance.now() - this.#beganMs) / 1000);
    this.#beganMs = undefined;
  }
}
