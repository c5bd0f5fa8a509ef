// What a plugin in TypeScript gets from the package `wattspan`, as its own compiler sees it.
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 }); // The compiler, on a busy machine.

const ROOT = resolve(import.meta.dirname, "../..");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
const STRICT = [
  "--noEmit",
  "--strict",
  "--exactOptionalPropertyTypes",
  "--isolatedDeclarations",
  "--declaration",
];

/** The example of the documentation. */
const documented = (): string =>
  /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, "docs/plugins.md"), "utf8"))![1]!;

describe("a plugin in TypeScript", () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "plugin-"));
    const installed = join(home, "node_modules/wattspan");
    mkdirSync(installed, { recursive: true });
    copyFileSync(join(ROOT, "package.json"), join(installed, "package.json"));
    const emit = ["-p", join(ROOT, "tsconfig.build.json"), "--emitDeclarationOnly"];
    execFileSync(process.execPath, [TSC, ...emit, "--outDir", join(installed, "dist")]);
    symlinkSync(join(ROOT, "node_modules/@types"), join(home, "node_modules/@types"));
    writeFileSync(join(home, "package.json"), '{"type": "module"}');
  });
  afterAll(() => rmSync(home, { recursive: true }));

  /** What the compiler has to say. */
  function problems(source: string): string {
    writeFileSync(join(home, "plugin.ts"), source);
    const options = ["--module", "nodenext", "--target", "es2024", "--types", "node", ...STRICT, "plugin.ts"];
    return spawnSync(process.execPath, [TSC, ...options], { cwd: home, encoding: "utf8" }).stdout;
  }

  it("is checked against the types of the package", () => {
    expect(problems(documented())).toBe("");
  });

  it.each([
    [
      "a name that the schema does not have",
      "schema.uint(",
      "schema.unit(",
      "Property 'unit' does not exist",
    ],
    ["a kind that there is not", "exporters: [", "exporter: [", "'exporter' does not exist in type 'Plugin'"],
    [
      "a consumer that takes nothing",
      "async consume({ itemCount })",
      "async consume(itemCount: string)",
      "TS2",
    ],
  ])("is told of %s", (_what, right, wrong, message) => {
    const source = documented().replace(right, wrong);
    expect(source).not.toBe(documented());
    expect(problems(source)).toContain(message);
  });
});
