import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadLibbpf } from "./load.ts";

const folder = mkdtempSync(join(tmpdir(), "wattspan-load-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What loadLibbpf() throws in a project whose build/native/libbpf.node is `addon`. */
function errorWith(name: string, addon?: string): string {
  const native = join(folder, name, "src/native");
  const built = join(folder, name, "build/native");
  mkdirSync(native, { recursive: true });
  mkdirSync(built, { recursive: true });
  writeFileSync(join(folder, name, "package.json"), `{ "type": "module" }`);
  cpSync(join(import.meta.dirname, "load.ts"), join(native, "load.ts"));
  if (addon !== undefined) writeFileSync(join(built, "libbpf.node"), addon);
  const program = `
    import { loadLibbpf } from ${JSON.stringify(join(native, "load.ts"))};
    try { loadLibbpf(); } catch (error) { console.log(error.message); }`;
  const node = ["--input-type=module", "--no-warnings", "--eval", program];
  return execFileSync(process.execPath, node, { encoding: "utf8" }).trim();
}

describe("loadLibbpf", () => {
  test("says which file is missing and how to build it", () => {
    const addon = join(folder, "missing/build/native/libbpf.node");
    expect(errorWith("missing")).toBe(`load ${addon}: addon not built; run npm run build`);
  });

  test("names the file that is no addon, with the system's reason", () => {
    const addon = join(folder, "broken/build/native/libbpf.node");
    expect(errorWith("broken", "not a shared object")).toBe(
      `load ${addon}: file too short; run npm run build`,
    );
  });

  test("loads once, and the version is libbpf's", () => {
    const libbpf = loadLibbpf();
    expect(loadLibbpf()).toBe(libbpf);
    expect(libbpf.version).toMatch(/^v1\.\d+/);
    expect(libbpf.possibleCpus()).toBeGreaterThan(0);
  });
});
