// The command line, in the Collector's words.
import { parseArgs } from "node:util";

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a command takes: flags with a value, which may be repeated, and switches. Each may have a one-letter form. */
export interface FlagSet {
  readonly values?: Readonly<Record<string, { readonly short?: string }>>;
  readonly switches?: Readonly<Record<string, { readonly short?: string; readonly default?: boolean }>>;
}

/** A parsed command line. */
export interface Flags {
  readonly values: Readonly<Record<string, readonly string[]>>;
  /** Those that are on. */
  readonly switches: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/** Parses arguments strictly. Throws a UsageError. */
export function parseFlags(args: readonly string[], flagSet: FlagSet, maxPositionals = 0): Flags {
  const { values = {}, switches = {} } = flagSet;
  const found = {
    values: {} as Record<string, string[]>,
    switches: new Set(Object.keys(switches).filter((name) => switches[name]!.default)),
    positionals: [] as string[],
  };
  for (const token of tokensOf(args, flagSet)) {
    if (token.kind === "positional") found.positionals.push(token.value);
    if (token.kind !== "option") continue;
    if (!Object.hasOwn(switches, token.name))
      found.values[token.name] = [...(found.values[token.name] ?? []), argumentOf(token, values)];
    else if (isOn(token)) found.switches.add(token.name);
    else found.switches.delete(token.name);
  }
  checkCount(found.positionals.length, maxPositionals);
  return found;
}

function tokensOf(args: readonly string[], { values = {}, switches = {} }: FlagSet) {
  const options = Object.fromEntries([
    ...Object.entries(values).map(
      ([name, flag]) => [name, { type: "string", multiple: true, ...flag }] as const,
    ),
    ...Object.entries(switches).map(([name, flag]) => [name, { type: "boolean", ...flag }] as const),
  ]);
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function checkCount(count: number, max: number): void {
  if (count <= max) return;
  throw new UsageError(`accepts ${max === 0 ? 0 : `at most ${max}`} arg(s), received ${count}`);
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

/** A switch may say which way: `--validate=false`, in any spelling of Go's ParseBool. */
function isOn({ rawName, value = "true" }: OptionToken): boolean {
  if (/^(?:1|t|T|true|True|TRUE)$/.test(value)) return true;
  if (/^(?:0|f|F|false|False|FALSE)$/.test(value)) return false;
  const shown = JSON.stringify(value);
  throw new UsageError(
    `invalid argument ${shown} for "${rawName}" flag: strconv.ParseBool: parsing ${shown}: invalid syntax`,
  );
}
