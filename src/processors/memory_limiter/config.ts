import { duration, type Problem, type Schema, struct, uint } from "../../confmap/schema.ts";

/** The user's `memory_limiter` section. A limit of 0 is one that was not given. */
export interface MemoryLimiterConfig {
  readonly checkIntervalMs: number;
  readonly limitMib: number;
  readonly spikeLimitMib: number;
  readonly limitPercentage: number;
  readonly spikeLimitPercentage: number;
  readonly minGcIntervalWhenSoftLimitedMs: number;
  readonly minGcIntervalWhenHardLimitedMs: number;
  readonly maxGcIntervalWhenSoftLimitedMs: number;
  readonly maxGcIntervalWhenHardLimitedMs: number;
}

export const memoryLimiterConfig: Schema<MemoryLimiterConfig> = struct(
  "memorylimiter.Config",
  {
    check_interval: duration(),
    limit_mib: uint(),
    spike_limit_mib: uint(),
    limit_percentage: uint(),
    spike_limit_percentage: uint(),
    min_gc_interval_when_soft_limited: duration("10s"),
    min_gc_interval_when_hard_limited: duration(),
    max_gc_interval_when_soft_limited: duration("30s"),
    max_gc_interval_when_hard_limited: duration("30s"),
  },
  firstProblem,
);

/** What must not be, in the order in which the Collector looks; it stops at the first. */
const RULES: readonly (readonly [broken: (config: MemoryLimiterConfig) => boolean, message: string])[] = [
  [(c) => c.checkIntervalMs <= 0, "'check_interval' must be greater than zero"],
  [
    (c) => c.minGcIntervalWhenSoftLimitedMs < c.minGcIntervalWhenHardLimitedMs,
    "'min_gc_interval_when_soft_limited' should be larger than 'min_gc_interval_when_hard_limited'",
  ],
  [(c) => c.maxGcIntervalWhenSoftLimitedMs < 0, "'max_gc_interval_when_soft_limited' must be non-negative"],
  [(c) => c.maxGcIntervalWhenHardLimitedMs < 0, "'max_gc_interval_when_hard_limited' must be non-negative"],
  [
    (c) => below(c.maxGcIntervalWhenSoftLimitedMs, c.minGcIntervalWhenSoftLimitedMs),
    "'max_gc_interval_when_soft_limited' must be greater than or equal to 'min_gc_interval_when_soft_limited' (or 0 to disable)",
  ],
  [
    (c) => below(c.maxGcIntervalWhenHardLimitedMs, c.minGcIntervalWhenHardLimitedMs),
    "'max_gc_interval_when_hard_limited' must be greater than or equal to 'min_gc_interval_when_hard_limited' (or 0 to disable)",
  ],
  [
    (c) => below(c.maxGcIntervalWhenSoftLimitedMs, c.maxGcIntervalWhenHardLimitedMs),
    "'max_gc_interval_when_soft_limited' should be larger than or equal to 'max_gc_interval_when_hard_limited' (when both are set)",
  ],
  [
    (c) => c.limitMib === 0 && c.limitPercentage === 0,
    "'limit_mib' or 'limit_percentage' must be greater than zero",
  ],
  [
    (c) => c.limitPercentage > 100 || c.spikeLimitPercentage > 100,
    "'limit_percentage' and 'spike_limit_percentage' must be greater than zero and less than or equal to hundred",
  ],
  [
    (c) => c.limitMib > 0 && c.limitMib <= c.spikeLimitMib,
    "'spike_limit_mib' must be smaller than 'limit_mib'",
  ],
  [
    (c) => c.limitPercentage > 0 && c.limitPercentage <= c.spikeLimitPercentage,
    "'spike_limit_percentage' must be smaller than 'limit_percentage'",
  ],
];

/** Whether a cap that is set (0 is not) is less than it may be. */
function below(capMs: number, leastMs: number): boolean {
  return capMs > 0 && capMs < leastMs;
}

function* firstProblem(config: MemoryLimiterConfig): Iterable<Problem> {
  const rule = RULES.find(([broken]) => broken(config));
  if (rule) yield rule[1];
}
