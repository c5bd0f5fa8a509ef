import { encodeConfig } from "../service/encode-config.ts";
import { CONFIG_FLAGS, configSource } from "./config-flags.ts";
import { checkConfig, getConfig } from "./configuration.ts";
import { type Flags, parseFlags } from "./flags.ts";
import { silent, warningsOnly } from "./loggers.ts";
import { printJson, printYaml } from "./print.ts";

/** Prints a configuration as it is understood: merged, substituted, with every default. */
export async function run(args: readonly string[]): Promise<number> {
  const flags = parseFlags(args, {
    values: { ...CONFIG_FLAGS.values, format: {}, mode: {} },
    switches: { ...CONFIG_FLAGS.switches, validate: { default: true } },
  });
  const source = await configSource(flags);
  const unredacted = isUnredacted(flags);
  const print = printerOf(flags);
  const config = await getConfig(source, source.skipUnsupported ? warningsOnly : silent);
  if (flags.switches.has("validate")) checkConfig(config);
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
