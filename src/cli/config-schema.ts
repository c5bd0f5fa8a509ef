import { configurationSchema } from "../service/json-schema.ts";
import { registryWithPlugins } from "./config-flags.ts";
import { type FlagSet, parseFlags } from "./flags.ts";
import { printJson } from "./print.ts";

export const flags: FlagSet = { values: { plugin: {} } };

/** Prints the JSON Schema of every configuration this build accepts. */
export async function run(args: readonly string[]): Promise<number> {
  const registry = await registryWithPlugins(parseFlags(args, flags));
  await printJson(await configurationSchema(registry));
  return 0;
}
