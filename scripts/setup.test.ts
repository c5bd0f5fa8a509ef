import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const SETUP = resolve(import.meta.dirname, "setup.sh");

/** What setup.sh itself calls before it decides; nothing that builds or installs. */
const TOOLS = ["sh", "cat", "dirname", "uname", "sed"];

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "setup-"));
  for (const tool of TOOLS) symlinkSync(which(tool), join(path, tool));
});
afterEach(() => rmSync(path, { recursive: true }));

function which(tool: string): string {
  return execFileSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim();
}

/** Puts a program in the PATH that only prints. */
function stub(name: string, prints = ""): void {
  writeFileSync(join(path, name), `#!/bin/sh\necho ${prints}\n`);
  chmodSync(join(path, name), 0o755);
}

function setup(...args: string[]): { status: number | null; stderr: string; stdout: string } {
  return spawnSync(join(path, "sh"), [SETUP, ...args], { encoding: "utf8", env: { PATH: path } });
}

describe("setup.sh, where system packages are missing", () => {
  test.each([
    ["dnf", "sudo dnf install clang gcc-c++ make pkgconf-pkg-config"],
    ["apk", "sudo apk add clang g++ make pkgconf"],
  ])("prints the one command for %s and stops", (manager, command) => {
    stub(manager);
    const { status, stderr, stdout } = setup();
    expect(stderr).toContain(`\n  ${command}`);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  test("prints the command for apt where it is not root", () => {
    stub("apt-get", "called");
    stub("id", "1000");
    const { status, stderr, stdout } = setup();
    expect(stderr).toContain("\n  sudo apt-get install --no-install-recommends clang g++ make pkg-config");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  test("names them where it knows no package manager", () => {
    expect(setup().stderr).toMatch(
      /^\nwattspan: some packages are missing, by Debian's names: clang g\+\+ make /,
    );
  });

  test("asks for what the tests run only when it is set up for them", () => {
    stub("dnf");
    expect(setup().stderr).not.toContain("nginx");
    expect(setup("--test").stderr).toMatch(/dnf install clang .* nginx curl wrk python3 golang openssl \n$/);
    expect(setup("--kernels").stderr).toMatch(/ openssl qemu-system-x86-core cpio busybox \n$/);
  });

  test("does not ask for what is there", () => {
    for (const tool of ["clang", "make"]) stub(tool);
    stub("dnf");
    expect(setup().stderr).toContain("sudo dnf install gcc-c++ pkgconf-pkg-config");
  });
});

describe("setup.sh, where node_modules is a link to another clone's", () => {
  /** A clone whose node_modules lead to those of `owner`, and an npm that would only leave a trace. */
  function clone(lock: string): { readonly owner: string; readonly run: () => ReturnType<typeof setup> } {
    const [owner, here] = [join(path, "owner"), join(path, "here")];
    for (const folder of [join(owner, "node_modules"), join(here, "scripts")])
      mkdirSync(folder, { recursive: true });
    copyFileSync(SETUP, join(here, "scripts/setup.sh"));
    writeFileSync(join(owner, "node_modules/.package-lock.json"), "");
    writeFileSync(join(owner, "package-lock.json"), "1");
    symlinkSync(join(owner, "node_modules"), join(here, "node_modules"));
    writeFileSync(join(here, "package-lock.json"), lock);
    utimesSync(join(owner, "node_modules/.package-lock.json"), 1, 1);
    for (const tool of ["clang", "g++", "pkg-config", "make", "nproc"]) stub(tool);
    for (const tool of ["readlink", "cmp", "mkdir", "rm"]) symlinkSync(which(tool), join(path, tool));
    stub("npm", `> ${join(path, "called")}`);
    const env = { PATH: path };
    const run = () =>
      spawnSync(join(path, "sh"), [join(here, "scripts/setup.sh"), "--test"], { encoding: "utf8", env });
    for (const tool of ["nginx", "curl", "wrk", "python3", "go", "openssl"]) stub(tool);
    return { owner, run };
  }

  test("refuses to install through it, and says what to do", () => {
    const { owner, run } = clone("2");
    const { status, stderr } = run();
    expect(stderr).toContain(`node_modules is a link to ${owner}/node_modules`);
    expect(stderr).toContain("\n  rm node_modules\n");
    expect(status).toBe(1);
    expect(existsSync(join(path, "called"))).toBe(false);
  });

  test("takes what is there when it is what the lock file wants", () => {
    const { run } = clone("1");
    expect(run()).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(join(path, "called"))).toBe(false);
  });
});

describe("setup.sh", () => {
  test("refuses an argument it does not know", () => {
    const { status, stderr } = setup("--tests");
    expect({ status, stderr }).toEqual({ status: 2, stderr: "usage: setup.sh [--test | --kernels]\n" });
  });

  test("says which systems are supported on another one", () => {
    rmSync(join(path, "uname"));
    stub("uname", "Darwin arm64");
    expect(setup().stderr).toBe("\nwattspan: runs on Linux on x86-64 or arm64; this is Darwin arm64.\n");
  });
});

describe("bin/wattspan", () => {
  const LAUNCHER = resolve(import.meta.dirname, "../bin/wattspan");

  /** A project that holds the launcher, a main file that prints its arguments, and no Node.js. */
  function project(): string {
    const home = join(path, "project");
    mkdirSync(join(home, "bin"), { recursive: true });
    mkdirSync(join(home, "dist/cli"), { recursive: true });
    writeFileSync(join(home, "bin/wattspan"), execFileSync("cat", [LAUNCHER]));
    chmodSync(join(home, "bin/wattspan"), 0o755);
    writeFileSync(join(home, "dist/cli/main.js"), "console.log(JSON.stringify(process.argv.slice(2)));");
    symlinkSync(which("readlink"), join(path, "readlink"));
    return home;
  }

  function run(file: string, ...args: string[]): { status: number | null; stderr: string; stdout: string } {
    return spawnSync(file, args, { encoding: "utf8", cwd: "/", env: { PATH: path } });
  }

  test("hands its arguments on as they are, through a symbolic link, from another folder", () => {
    const home = project();
    symlinkSync(process.execPath, join(path, "node"));
    symlinkSync(join(home, "bin/wattspan"), join(path, "wattspan"));
    const { status, stdout } = run(join(path, "wattspan"), "--config", "a b", "", "$HOME");
    expect({ status, stdout }).toEqual({ status: 0, stdout: '["--config","a b","","$HOME"]\n' });
  });

  test.each(["v22.14.9", "v20.20.2", "v9.0.0"])("refuses the system's Node.js %s", (version) => {
    const home = project();
    stub("node", version);
    expect(run(join(home, "bin/wattspan"))).toMatchObject({
      status: 1,
      stderr: `wattspan: needs Node.js 22.15 or newer, found ${version.slice(1)}; run "npm ci" in ${home}, which brings its own\n`,
    });
  });

  test.each(["v22.15.0", "v23.0.0", "v100.1.0"])("takes the system's Node.js %s", (version) => {
    const home = project();
    stub("node", `${version} "$@"`);
    const words = run(join(home, "bin/wattspan"), "doctor").stdout.trim().split(" ");
    expect([words[0], ...words.slice(-2)]).toEqual([version, `${home}/dist/cli/main.js`, "doctor"]);
  });

  test("says what to do where there is no Node.js, and where nothing is built", () => {
    const home = project();
    expect(run(join(home, "bin/wattspan")).stderr).toMatch(/^wattspan: found no Node.js; run "npm ci" in /);
    symlinkSync(process.execPath, join(path, "node"));
    rmSync(join(home, "dist"), { recursive: true });
    expect(run(join(home, "bin/wattspan")).stderr).toBe(
      `wattspan: not built yet; run "npm start" in ${home}, or "make" there\n`,
    );
  });
});
