import { encodeConfig } from "../service/encode-config.ts";
import { CONFIG_FLAGS, configSource } from "./config-flags.ts";
import { checkConfig, getConfig } from "./configuration.ts";
import { type FlagSet, type Flags, parseFlags } from "./flags.ts";
import { silent, warningsOnly } from "./loggers.ts";
import { printJson, printYaml } from "./print.ts";

export const flags: FlagSet = {
  values: { ...CONFIG_FLAGS.values, format: {}, mode: {} },
  switches: { ...CONFIG_FLAGS.switches, validate: { default: true } },
};

/** Prints a configuration as it is understood: merged, substituted, with every default. */
export async function run(args: readonly string[]): Promise<number> {
  const given = parseFlags(args, flags);
  const source = await configSource(given);
  const unredacted = isUnredacted(given);
  const print = printerOf(given);
  const config = await getConfig(source, source.skipUnsupported ? warningsOnly : silent);
  if (given.switches.has("validate")) checkConfig(config);
  await print(encodeConfig(config, unredacted));
  return 0;
}

function isUnredacted({ values }: Flags): boolean {
  const mode = values.mode?.at(-1) ?? "redacted";
  if (!/^(?:un)?redacted$/i.test(mode))
    throw new Error(`invalid mode ${JSON.stringify(mode)}: modes are: redacted, unredacted`);
  return mode.toLowerCase() === "unredacted";
}

function printerOf({ values }: Flags): (value: object) => Promise<void> {
  const format = values.format?.at(-1) || "yaml";
  if (format.toLowerCase() === "yaml") return printYaml;
  if (format.toLowerCase() === "json") return printJson;
  throw new Error(`unrecognized print format: ${format}`);
}
