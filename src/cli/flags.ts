// The command line, in the Collector's flags and words.
import { parseArgs } from "node:util";
import { locationOfSetting } from "../confmap/location.ts";

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a command takes: flags with a value, which may be repeated, and switches. Each may have a one-letter form. */
export interface FlagSet {
  readonly values?: Readonly<Record<string, { readonly short?: string }>>;
  readonly switches?: Readonly<Record<string, { readonly short?: string }>>;
}

/** A parsed command line. */
export interface Flags {
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly switches: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/** The flags that say which configuration is meant. */
export const CONFIG_FLAGS = { config: {}, set: {} } as const;

/** Parses arguments strictly. Throws a UsageError. */
export function parseFlags(args: readonly string[], { values = {}, switches = {} }: FlagSet): Flags {
  const options = Object.fromEntries([
    ...Object.entries(values).map(
      ([name, flag]) => [name, { type: "string", multiple: true, ...flag }] as const,
    ),
    ...Object.entries(switches).map(([name, flag]) => [name, { type: "boolean", ...flag }] as const),
  ]);
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const found = {
    values: {} as Record<string, string[]>,
    switches: new Set<string>(),
    positionals: [] as string[],
  };
  for (const token of tokens) {
    if (token.kind === "positional") found.positionals.push(token.value);
    if (token.kind !== "option") continue;
    if (Object.hasOwn(switches, token.name)) found.switches.add(token.name);
    else found.values[token.name] = [...(found.values[token.name] ?? []), argumentOf(token, values)];
  }
  return found;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function argumentOf({ name, rawName, value }: OptionToken, known: object): string {
  if (!Object.hasOwn(known, name)) {
    throw new UsageError(
      rawName.startsWith("--")
        ? `unknown flag: ${rawName}`
        : `unknown shorthand flag: '${name}' in ${rawName}`,
    );
  }
  if (value === undefined) throw new UsageError(`flag needs an argument: ${rawName}`);
  return value;
}

/** The locations that `--config` and then `--set` name, in order. Throws a UsageError when there is no `--config`. */
export function configLocations({ values }: Flags): readonly string[] {
  const settings = (values.set ?? []).map((setting) => {
    try {
      return locationOfSetting(setting);
    } catch (cause) {
      const message = (cause as Error).message;
      throw new UsageError(`invalid argument ${JSON.stringify(setting)} for "--set" flag: ${message}`, {
        cause,
      });
    }
  });
  const locations = values.config ?? [];
  if (locations.length === 0) throw new UsageError("at least one config flag must be provided");
  return [...locations, ...settings];
}
