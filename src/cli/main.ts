// The program. The only file that ends the process.
import { nearest } from "../confmap/nearest.ts";
import { errorText } from "../service/telemetry/encode.ts";
import { buildInfo } from "./build-info.ts";
import { type CommandEntry, commands, defaultCommand } from "./commands.ts";
import { faultStack } from "./fault.ts";
import { UsageError } from "./flags.ts";

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const [first] = args;
  const named = first !== undefined && !first.startsWith("-");
  if (isOneOf(args, "-h", "--help") || first === "help") return say(help());
  if (!named && isOneOf(args, "-v", "--version"))
    return say(`${buildInfo.command} version ${buildInfo.version}`);
  try {
    const command = named ? commandNamed(first) : defaultCommand;
    return await (await command.load()).run(named ? args.slice(1) : args);
  } catch (error) {
    process.stderr.write(`Error: ${faultStack(error) ?? errorText(error)}\n`);
    return 1;
  }
}

function commandNamed(name: string): CommandEntry {
  const command = commands.find((candidate) => candidate.name === name || candidate.alias === name);
  if (command) return command;
  const hint = nearest(
    name,
    commands.map((candidate) => candidate.name),
  );
  const suggestion = hint === undefined ? "" : `\n\nDid you mean this?\n\t${hint}`;
  throw new UsageError(
    `unknown command ${JSON.stringify(name)} for ${JSON.stringify(buildInfo.command)}${suggestion}`,
  );
}

function isOneOf(args: readonly string[], ...wanted: readonly string[]): boolean {
  return args.some((arg) => wanted.includes(arg));
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

function help(): string {
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(15)}${summary}`).join("\n");
  return `wattspan: eBPF telemetry as OpenTelemetry data, configured like the OpenTelemetry Collector

Usage:
  ${buildInfo.command} [command] [flags]

Commands:
${list}

Flags:
      --config location      Location of the configuration: a path, or file:, env:, yaml:, http:, https:. May be
                             repeated; later ones are merged over earlier ones
      --set key=value        Sets one value, such as --set processors.batch.timeout=2s. May be repeated
      --feature-gates a,-b   Turns feature gates on or off
      --skip-unsupported     Leaves out components this build does not have, instead of refusing the configuration
      --plugin name          Adds the components of an npm package or a file. May be repeated
      --watch                Reloads when a file of the configuration changes
      --reload-endpoint addr Reloads on POST /-/reload to host:port, which must be a loopback address
  -h, --help                 Shows this help
  -v, --version              Shows the version`;
}
