// What a Collector (core 0.159) said of configurations that are wrong, and what we say.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/confmap/decode.ts";
import { defaultProviders } from "../../src/confmap/providers.ts";
import { resolve } from "../../src/confmap/resolve.ts";
import { decodeConfig } from "../../src/service/config.ts";
import { registry } from "../../src/service/registry.ts";
import { configProblems } from "../../src/service/validate.ts";
import { LogRecorder } from "../support/component.ts";

const text = readFileSync(new URL("collector-errors.txt", import.meta.url), "utf8");
/** `### name`, the configuration (without its last line's end, which libyaml does not count as a line), `--- output`, what was said, `rc=1`. */
const cases = [...text.matchAll(/^### (\S+)\n(.*?)--- output\nError: (.*?)\nrc=1$/gms)].map(
  ([, name = "", yaml = "", said = ""]) => ({ name, yaml: yaml.trimEnd(), said }),
);

/** What `validate` says. */
async function says(yaml: string): Promise<string> {
  const logger = new LogRecorder();
  try {
    const raw = await resolve([`yaml:${yaml}`], defaultProviders({}), logger);
    return configProblems(await decodeConfig(raw, registry, logger)).join("\n");
  } catch (error) {
    if (error instanceof ConfigError) return `failed to get config: ${error.message}`;
    throw error;
  }
}

/** Without what we add, without the components of a build, and in one order: the Collector's maps have none. */
function comparable(message: string): readonly string[] {
  return message
    .replace(/ \(did you mean "[^"]*"\?\)/g, "")
    .replace(/valid values: \[[^\]]*\]/g, "valid values: […]")
    .split("\n")
    .toSorted();
}

describe("a configuration that is wrong", () => {
  it("is one of those that a Collector was shown", () => {
    expect(cases.length).toBe(text.match(/^### /gm)?.length);
  });

  it.each(cases)("gets the Collector's answer: $name", async ({ yaml, said }) => {
    expect(comparable(await says(yaml))).toEqual(comparable(said));
  });
});
