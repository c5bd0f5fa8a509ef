// Where configuration comes from: `scheme:opaque`.
import { readFile } from "node:fs/promises";
import type { Logger } from "../component/index.ts";
import { parseYaml, YamlError } from "./yaml.ts";

/** What a location held: its text, and what the text means as YAML. */
export interface Retrieved {
  readonly value: unknown;
  readonly text: string;
  /** Why the text was taken as a string, if it is not YAML. */
  readonly hint?: string;
}

/** Fetches what a location of its scheme holds, given what follows the colon. */
export type Provider = (opaque: string, logger: Logger) => Promise<Retrieved>;

/** Providers by scheme. */
export type Providers = Readonly<Record<string, Provider>>;

const ENV_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The providers every distribution of the Collector has, without http. */
export function defaultProviders(environment: NodeJS.ProcessEnv = process.env): Providers {
  return {
    env: async (opaque, logger) => fromEnvironment(opaque, environment, logger),
    file: fromFile,
    yaml: async (opaque) => retrieved(opaque),
  };
}

function fromEnvironment(opaque: string, environment: NodeJS.ProcessEnv, logger: Logger): Retrieved {
  const separator = opaque.indexOf(":-");
  const name = separator < 0 ? opaque : opaque.slice(0, separator);
  if (!ENV_NAME.test(name)) {
    throw new Error(
      `environment variable ${JSON.stringify(name)} has invalid name: must match regex ${ENV_NAME.source}`,
    );
  }
  const value = environment[name];
  if (value === "") logger.info({ name }, "Configuration references empty environment variable");
  if (value !== undefined) return retrieved(value);
  if (separator >= 0) return retrieved(opaque.slice(separator + 2));
  logger.warn({ name }, "Configuration references unset environment variable");
  return retrieved("");
}

async function fromFile(path: string): Promise<Retrieved> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new Error(
      `unable to read the file file:${path}: ${goFileError(path, cause as NodeJS.ErrnoException)}`,
      {
        cause,
      },
    );
  }
  return retrieved(text);
}

const GO_ERRNO: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
};

/** `open x: no such file or directory`, as Go says it. */
function goFileError(path: string, { code = "", message }: NodeJS.ErrnoException): string {
  const verb = code === "EISDIR" ? "read" : "open";
  return `${verb} ${path}: ${GO_ERRNO[code] ?? message}`;
}

/** Text that may be YAML; what is not is taken verbatim as a string. */
function retrieved(text: string): Retrieved {
  try {
    const value = parseYaml(text);
    return { value: typeof value === "string" ? text : value, text };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return {
      value: text,
      text,
      hint: `assuming string type since contents are not valid YAML: ${error.message}`,
    };
  }
}
