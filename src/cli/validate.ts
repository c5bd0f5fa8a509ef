import { buildGraph } from "../service/graph.ts";
import { Counters } from "../service/telemetry/counters.ts";
import { validateConfig } from "../service/validate.ts";
import { buildInfo } from "./build-info.ts";
import { getConfig } from "./configuration.ts";
import { CONFIG_FLAGS, configLocations, parseFlags } from "./flags.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Checks a configuration as far as that goes without opening ports or files. Says nothing when it is right. */
export async function run(args: readonly string[]): Promise<number> {
  const config = await getConfig(configLocations(parseFlags(args, { values: CONFIG_FLAGS })), silent);
  validateConfig(config);
  buildGraph(config, { buildInfo, counters: new Counters(), logger: () => silent });
  return 0;
}
