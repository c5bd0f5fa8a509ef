// Keeps the number of spans inside the budget by the probability with which they are kept, so that it can be exported.
import type { TapCounters } from "../../ebpf/tap/counters.ts";
import type { SpanSettings } from "../../ebpf/tap/http-tap.ts";
import type { SpansConfig } from "./config.ts";

const BITS = 56;
const HEX_DIGITS = BITS / 4;
/** Hexadecimal digits of a threshold that count, as OpenTelemetry recommends; behind leading f's. */
const PRECISION = 4;
/** Of the budget: the kernel leaves an eighth to errors and slow requests, and seconds differ. */
const SHARE = 0.8;
/** How much more of the requests is kept a second later, once there is room again. */
const GROWTH = 1.25;

/** The threshold that keeps a share `ratio` of the requests, and 2^56 for none. */
export function thresholdOf(ratio: number): bigint {
  if (ratio <= 0) return 1n << BigInt(BITS);
  if (ratio >= 1) return 0n;
  // Small ratios have thresholds that begin with f's, which tell little.
  const digits = Math.min(HEX_DIGITS, PRECISION + Math.floor(-Math.log2(ratio) / 4));
  const scale = 16 ** digits;
  const rounded = Math.min(Math.round((1 - ratio) * scale), scale - 1);
  return BigInt(rounded) << BigInt(BITS - 4 * digits);
}

type Counted = Pick<TapCounters, "spans" | "spans_sampled_out" | "spans_over_budget">;

/**
 * Looks at the counters each second and sets the share of the requests that become spans. A budget alone would drop the
 * requests that come late in a second, and what is kept would claim to stand for itself only.
 */
export class SpanSampling {
  readonly #config: SpansConfig;
  #ratio: number;
  #last: Counted = { spans: 0n, spans_sampled_out: 0n, spans_over_budget: 0n };

  constructor(config: SpansConfig) {
    this.#config = config;
    this.#ratio = config.ratio;
  }

  /** What the tap is to be told now. */
  get settings(): SpanSettings {
    const { slowerThanMs, maxPerSecond, errors } = this.#config;
    return {
      threshold: thresholdOf(this.#ratio),
      slowNs: BigInt(Math.round(slowerThanMs * 1e6)),
      spansPerSecond: maxPerSecond,
      keepErrors: errors,
    };
  }

  /** Takes the counters, one second after the last time; returns whether the settings changed. */
  update(counters: Counted): boolean {
    const requests = Number(
      counters.spans -
        this.#last.spans +
        (counters.spans_sampled_out - this.#last.spans_sampled_out) +
        (counters.spans_over_budget - this.#last.spans_over_budget),
    );
    const overBudget = counters.spans_over_budget > this.#last.spans_over_budget;
    this.#last = counters;
    const { ratio: wanted, maxPerSecond } = this.#config;
    if (wanted === 0 || (!overBudget && this.#ratio === wanted)) return false;
    const fits = requests === 0 ? wanted : (SHARE * maxPerSecond) / requests;
    const before = this.#ratio;
    this.#ratio = Math.min(wanted, fits, before * (overBudget ? SHARE : GROWTH));
    return this.#ratio !== before;
  }
}
