import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isGo, runtimeByName } from "./runtime.ts";

const folder = mkdtempSync(join(tmpdir(), "wattspan-runtime-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("runtimeByName", () => {
  it.each([
    ["node", "nodejs"],
    ["python3.11", "cpython"],
    ["python", "cpython"],
    ["java", "java"],
    ["php-fpm8.2", "php"],
    ["beam.smp", "beam"],
    ["nginx", undefined],
    ["nodemon", undefined],
    ["pythonista", undefined],
    ["", undefined],
  ])("tells of %j: %s", (name, runtime) => {
    expect(runtimeByName(name)).toBe(runtime);
  });
});

describe("isGo", () => {
  it("knows an executable that Go built", () => {
    writeFileSync(join(folder, "main.go"), "package main\nfunc main() {}\n");
    execFileSync("go", ["build", "-o", join(folder, "program"), join(folder, "main.go")], {
      env: { ...process.env, GOCACHE: join(folder, "cache"), GO111MODULE: "off" },
    });
    expect(isGo(join(folder, "program"))).toBe(true);
  }, 120_000);

  it("is false for other executables, for files that are none, and for what is not there", () => {
    writeFileSync(join(folder, "text"), "Go\0\0 is not at the start of a note, Go\0\0");
    expect(isGo(process.execPath)).toBe(false);
    expect(isGo(join(folder, "text"))).toBe(false);
    expect(isGo(join(folder, "missing"))).toBe(false);
    expect(isGo(folder)).toBe(false);
  });
});
