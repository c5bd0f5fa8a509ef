import { ConfigError } from "../confmap/decode.ts";
import { dryRunProblems } from "../service/dry-run.ts";
import { buildGraph } from "../service/graph.ts";
import { Counters } from "../service/telemetry/counters.ts";
import { configProblems } from "../service/validate.ts";
import { buildInfo } from "./build-info.ts";
import { CONFIG_FLAGS, configSource } from "./config-flags.ts";
import { getConfig } from "./configuration.ts";
import { type FlagSet, parseFlags } from "./flags.ts";
import { silent, warningsOnly } from "./loggers.ts";

export const flags: FlagSet = CONFIG_FLAGS;

/** Checks a configuration as far as that goes without opening ports. Says nothing when it is right. */
export async function run(args: readonly string[]): Promise<number> {
  const source = await configSource(parseFlags(args, flags));
  const config = await getConfig(source, source.skipUnsupported ? warningsOnly : silent);
  const problems = [...configProblems(config), ...dryRunProblems(config)];
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  buildGraph(config, { buildInfo, counters: new Counters(), logger: () => silent });
  return 0;
}
