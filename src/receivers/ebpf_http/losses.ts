// Says in the log what was lost, and what to do about it.
import type { Logger } from "../../component/index.ts";
import type { CounterName, TapCounters } from "../../ebpf/tap/counters.ts";

/** What each loss means for the user. */
export const LOSSES: Readonly<Partial<Record<CounterName, string>>> = {
  ring_full: "Spans were lost: they came faster than they were exported. Lower spans.max_per_second.",
  series_full:
    "Requests are missing from metrics: there are too many series. Lower routes.limit, or narrow discovery.",
  captures_full: "Spans were lost: too many connections were open at once. Narrow discovery.",
  connections_full: "Requests were not seen: too many connections were open at once. Narrow discovery.",
  missed_calls:
    "Requests may be missing: another probe got in the way of a kprobe, or thousands of calls waited.",
  recursion_misses:
    "Requests may be missing: the kernel left out a program because one was running on the same CPU. Mount tracefs.",
  pipelined: "Requests were not seen: a client sent more at once than can be followed.",
};

const SPAN_LOSSES: readonly CounterName[] = ["ring_full", "captures_full"];
const METRIC_LOSSES: readonly CounterName[] = ["series_full"];

/** Warns of losses since it was last asked; whoever asks limits how often. */
export class LossReporter {
  readonly #logger: Logger;
  readonly #reported: readonly CounterName[];
  #last: TapCounters | undefined;

  /** Losses of a signal that has no pipeline are none. */
  constructor(logger: Logger, signals: { readonly traces: boolean; readonly metrics: boolean }) {
    this.#logger = logger;
    this.#reported = (Object.keys(LOSSES) as CounterName[]).filter(
      (name) =>
        (signals.traces || !SPAN_LOSSES.includes(name)) && (signals.metrics || !METRIC_LOSSES.includes(name)),
    );
  }

  report(counters: TapCounters): void {
    for (const name of this.#reported) {
      const lost = counters[name] - (this.#last?.[name] ?? 0n);
      if (lost > 0n) this.#logger.warn({ counter: name, lost: Number(lost) }, LOSSES[name] ?? name);
    }
    this.#last = counters;
  }
}
