import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { MAIN } from "../../test/support/wattspan.ts";

const completion = async (...args: string[]) =>
  promisify(execFile)(process.execPath, [MAIN, "completion", ...args]);

describe("completion", () => {
  let script: string;
  beforeAll(async () => {
    script = (await completion("bash")).stdout;
  });

  /** What bash offers for a line, whose last word is the one that is completed. */
  function offered(...words: string[]): string[] {
    const line = ["wattspan", ...words].map((word) => `'${word}'`).join(" ");
    const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _wattspan; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const answer = execFileSync("bash", ["-c", `${script}\n${ask}`], { encoding: "utf8" });
    return answer.split("\n").filter((word) => word !== "");
  }

  it("offers commands and the flags of running first", () => {
    expect(offered("va")).toEqual(["validate"]);
    expect(offered("--w")).toEqual(["--watch"]);
    expect(offered("--v")).toEqual(["--version"]);
  });

  it("offers a command's own flags and their values", () => {
    expect(offered("print-config", "--config", "a.yaml", "--")).toEqual([
      "--config",
      "--set",
      "--feature-gates",
      "--plugin",
      "--format",
      "--mode",
      "--skip-unsupported",
      "--validate",
      "--help",
    ]);
    expect(offered("print-config", "--format", "")).toEqual(["yaml", "json"]);
    expect(offered("completion", "")).toEqual(["bash", "zsh", "--help"]);
  });

  it("offers files where a configuration is wanted, and nothing where it cannot know", () => {
    expect(offered("--config", "biome.j")).toEqual(["biome.json"]);
    expect(offered("--set", "")).toEqual([]);
  });

  it("has a script for zsh, too, and says for which shells there is none", async () => {
    const { stdout } = await completion("zsh");
    expect(stdout).toMatch(/^#compdef wattspan\n/);
    expect(stdout).toContain("record) compadd -- --config --set");
    expect(stdout).toContain("'validate:Checks a configuration without running it'");
    await expect(completion("fish")).rejects.toThrow(
      'Error: no completion for "fish" (valid values: [bash zsh])',
    );
  });
});
