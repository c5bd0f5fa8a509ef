// `completion bash`, `completion zsh`: scripts by which a shell completes this program's command line.
import { buildInfo } from "./build-info.ts";
import { commands, defaultCommand } from "./commands.ts";
import { type FlagSet, parseFlags, UsageError } from "./flags.ts";
import { print } from "./print.ts";

/** A command with what may follow it, as words. */
interface Described {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly string[];
}

/** What may follow a flag, where it is one of a few words. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  "--format": ["yaml", "json"],
  "--mode": ["redacted", "unredacted"],
};
/** What may be followed by a file. */
const FILES = ["--config", "--plugin", "--output", "-o"];
/** What is followed by something that only the user knows. */
const FREE = ["--set", "--feature-gates", "--reload-endpoint", "--duration", "-d"];

const scripts: Readonly<Record<string, (all: readonly Described[]) => string>> = { bash, zsh };

/** Prints the script for a shell. */
export async function run(args: readonly string[]): Promise<number> {
  const [shell] = parseFlags(args, {}, 1).positionals;
  const known = Object.keys(scripts);
  if (shell === undefined) throw new UsageError(`name a shell: ${known.join(", ")}`);
  const script = scripts[shell];
  if (!script)
    throw new UsageError(`no completion for ${JSON.stringify(shell)} (valid values: [${known.join(" ")}])`);
  const described = await Promise.all(
    commands.map(async ({ name, summary, load }): Promise<Described> => {
      const { flags = {} } = await load();
      const shells = name === "completion" ? known : [];
      return { name, summary, flags: [...shells, ...wordsOf(flags), "--help"] };
    }),
  );
  await print(script(described));
  return 0;
}

function wordsOf({ values, switches }: FlagSet): readonly string[] {
  return Object.entries({ ...values, ...switches }).flatMap(([name, { short }]) =>
    short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`],
  );
}

function bash(all: readonly Described[]): string {
  const { command: program } = buildInfo;
  return `# bash completion for ${program}: source <(${program} completion bash)
_${program}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command=${defaultCommand.name} word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${all.map(({ name }) => name).join("|")}) command=$word; break ;; esac
  done
  case $previous in
    ${FILES.join("|")}) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    ${FREE.join("|")}) COMPREPLY=(); return ;;
${choices((words) => `words="${words}"`, "    ")}
    *)
      case $command in
${flagCases(all, (words) => `words="${words}"`, "        ")}
      esac
      ((COMP_CWORD > 1)) || words="$words ${names(all)}"
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o filenames -F _${program} ${program}
`;
}

function zsh(all: readonly Described[]): string {
  const { command: program } = buildInfo;
  const described = all.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join("\n");
  return `#compdef ${program}
# zsh completion for ${program}: source <(${program} completion zsh), or save it as _${program} in a folder of $fpath
_${program}() {
  local command=${defaultCommand.name} word
  local -a commands=(
${described}
  )
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $word in ${all.map(({ name }) => name).join("|")}) command=$word; break ;; esac
  done
  case $words[CURRENT-1] in
    ${FILES.join("|")}) _files; return ;;
    ${FREE.join("|")}) return ;;
${choices((words) => `compadd -- ${words}; return`, "    ")}
  esac
  case $command in
${flagCases(all, (words) => `compadd -- ${words}`, "    ")}
  esac
  (( CURRENT > 2 )) || _describe command commands
}
compdef _${program} ${program}
`;
}

function names(all: readonly Described[]): string {
  return [...all.map(({ name }) => name), "help", "--version"].join(" ");
}

function choices(offer: (words: string) => string, indent: string): string {
  const cases = Object.entries(CHOICES).map(
    ([flag, words]) => `${indent}${flag}) ${offer(words.join(" "))} ;;`,
  );
  return cases.join("\n");
}

function flagCases(all: readonly Described[], offer: (words: string) => string, indent: string): string {
  return all.map(({ name, flags }) => `${indent}${name}) ${offer(flags.join(" "))} ;;`).join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
