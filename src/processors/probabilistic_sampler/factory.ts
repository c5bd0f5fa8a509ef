import type { ProcessorFactory, Settings } from "../../component/index.ts";
import { EditingProcessor } from "../helper/editing.ts";
import { type ProbabilisticSamplerConfig, probabilisticSamplerConfig } from "./config.ts";
import { type OnDecision, Sampler } from "./sampler.ts";

/** `probabilistic_sampler`: keeps a share of spans and log records, the same ones wherever it is asked. */
export const probabilisticSamplerProcessorFactory: ProcessorFactory<
  ProbabilisticSamplerConfig,
  "traces" | "logs"
> = {
  type: "probabilistic_sampler",
  stability: { traces: "beta", logs: "alpha" },
  config: probabilisticSamplerConfig,
  create(settings, config, signal, next) {
    const sampler = new Sampler(config, signal, countDecisions(settings, signal));
    return new EditingProcessor(() => ({ item: (item) => sampler.keep(item) }), next);
  },
};

/** Counts decisions under the Collector's names, in one series for each policy and outcome. */
function countDecisions({ counters }: Settings, signal: "traces" | "logs"): OnDecision {
  const prefix = "otelcol_processor_probabilistic_sampler_count";
  // The Collector renamed the one for spans, and keeps the older name beside it.
  const names = signal === "logs" ? ["logs_sampled"] : ["spans_processed", "traces_sampled"];
  const series = new Map<string, { readonly kept: readonly Count[]; readonly dropped: readonly Count[] }>();
  return (policy, sampled) => {
    let counts = series.get(policy);
    if (!counts) {
      const count = (sampled: string) =>
        names.map((name) => counters.counter(`${prefix}_${name}`, { policy, sampled }));
      counts = { kept: count("true"), dropped: count("false") };
      series.set(policy, counts);
    }
    for (const counter of sampled ? counts.kept : counts.dropped) counter.add(1);
  };
}

type Count = ReturnType<Settings["counters"]["counter"]>;
