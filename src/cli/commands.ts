// The commands, each loaded when it is asked for.
import type { FlagSet } from "./flags.ts";

/** A command's module. `args` is what follows its name; resolves to the exit code. A rejection is shown to the user. */
export interface Command {
  /** Undefined where it has none. */
  readonly flags?: FlagSet;
  run(args: readonly string[]): Promise<number>;
}

export interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  /** One line for the help. */
  readonly summary: string;
  load(): Promise<Command>;
}

/** Runs the agent; what is meant when no command is named. */
export const defaultCommand: CommandEntry = {
  name: "run",
  summary: "Runs the agent with the given configuration; the default",
  load: () => import("./run.ts"),
};

export const commands: readonly CommandEntry[] = [
  defaultCommand,
  {
    name: "validate",
    summary: "Checks a configuration without running it",
    load: () => import("./validate.ts"),
  },
  {
    name: "print-config",
    alias: "print-initial-config",
    summary:
      "Prints a configuration with every default ([--format json] [--mode unredacted] [--validate=false])",
    load: () => import("./print-config.ts"),
  },
  {
    name: "config-schema",
    summary: "Prints the JSON Schema of configurations, for editors",
    load: () => import("./config-schema.ts"),
  },
  {
    name: "components",
    summary: "Lists the components of this build, as YAML",
    load: () => import("./components.ts"),
  },
  {
    name: "featuregate",
    summary: "Lists the feature gates, or shows one ([id])",
    load: () => import("./featuregate.ts"),
  },
  {
    name: "doctor",
    summary: "Says what this host offers and what is missing ([--config location] [--json])",
    load: () => import("./doctor.ts"),
  },
  {
    name: "record",
    summary: "Writes what the kernel reports to a file (--output FILE [--duration 30s] [--keep-secrets])",
    load: () => import("./record.ts"),
  },
  {
    name: "completion",
    summary: "Prints a script for a shell's completion of command lines (bash or zsh)",
    load: () => import("./completion.ts"),
  },
];
