import { bool, enumOf, float, int, type Schema, string, struct, uint } from "../../confmap/schema.ts";

export type Mode = "hash_seed" | "equalizing" | "proportional" | "";

/** The user's `probabilistic_sampler` section. */
export interface ProbabilisticSamplerConfig {
  readonly samplingPercentage: number;
  readonly hashSeed: number;
  readonly mode: Mode;
  readonly failClosed: boolean;
  /** Hexadecimal digits of a threshold, 1 to 14. */
  readonly samplingPrecision: number;
  /** The rest is for logs. */
  readonly attributeSource: string;
  readonly fromAttribute: string;
  readonly samplingPriority: string;
}

export const probabilisticSamplerConfig: Schema<ProbabilisticSamplerConfig> = struct(
  "probabilisticsamplerprocessor.Config",
  {
    sampling_percentage: float(),
    hash_seed: uint(),
    mode: enumOf(
      (written) => `unsupported sampler mode ${JSON.stringify(written)}`,
      ["hash_seed", "equalizing", "proportional", ""],
      "",
    ),
    fail_closed: bool(true),
    sampling_precision: int(4),
    attribute_source: string("traceID"),
    from_attribute: string(),
    sampling_priority: string(),
  },
  function* (config) {
    const problem = problemOf(config);
    if (problem) yield problem;
  },
);

/** The first problem, as the Collector stops there. */
function problemOf(config: ProbabilisticSamplerConfig): string | undefined {
  const { samplingPercentage: percentage, attributeSource, samplingPrecision } = config;
  if (!Number.isFinite(percentage)) return `sampling rate is invalid: ${percentage}%`;
  if (percentage < 0) return `sampling rate is negative: ${percentage.toFixed(6)}%`;
  if (percentage > 0 && percentage / 100 < 2 ** -56) return `sampling rate is too small: ${percentage}%`;
  if (!["", "traceID", "record"].includes(attributeSource)) {
    return `invalid attribute source: ${attributeSource}. Expected: traceID or record`;
  }
  if (samplingPrecision <= 0) return `invalid sampling precision: ${samplingPrecision}`;
  if (samplingPrecision > 14) return `sampling precision is too great, should be <= 14: ${samplingPrecision}`;
  return undefined;
}
