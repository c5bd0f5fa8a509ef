// Where configuration comes from: `scheme:opaque`.
import { readFile } from "node:fs/promises";
import { normalize } from "node:path";
import type { Logger } from "../component/index.ts";
import { fileErrorText } from "./file-error.ts";
import { httpProvider } from "./http-provider.ts";
import { type Retrieved, retrievedFromYaml } from "./retrieved.ts";

/** Fetches what a location of its scheme holds, given what follows the colon. */
export type Provider = (opaque: string, logger: Logger) => Promise<Retrieved>;

/** Providers by scheme. */
export type Providers = Readonly<Record<string, Provider>>;

const ENV_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The providers every distribution of the Collector has. */
export function defaultProviders(environment: NodeJS.ProcessEnv = process.env): Providers {
  return {
    env: async (opaque, logger) => fromEnvironment(opaque, environment, logger),
    file: fromFile,
    http: httpProvider("http"),
    https: httpProvider("https"),
    yaml: async (opaque) => retrievedFromYaml(opaque),
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
  if (value !== undefined) return retrievedFromYaml(value);
  if (separator < 0) {
    logger.warn({ name }, "Configuration references unset environment variable");
    return retrievedFromYaml("");
  }
  const fallback = opaque.slice(separator + 2);
  return fallback === "" ? { value: "", text: "" } : retrievedFromYaml(fallback); // Empty is a string here, not null.
}

async function fromFile(path: string): Promise<Retrieved> {
  let text: string;
  try {
    text = await readFile(normalize(path), "utf8");
  } catch (cause) {
    const why = fileErrorText(normalize(path), cause as NodeJS.ErrnoException);
    throw new Error(`unable to read the file file:${path}: ${why}`, { cause });
  }
  return retrievedFromYaml(text);
}
