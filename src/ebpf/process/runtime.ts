// Which language runtime a process runs on, by its executable's name and, for Go, by the executable itself.
import { closeSync, openSync, readSync } from "node:fs";

/** Values of process.runtime.name where the semantic conventions have one, else the runtime's own name. */
export type Runtime =
  | "nodejs"
  | "deno"
  | "bun"
  | "cpython"
  | "pypy"
  | "java"
  | "ruby"
  | "php"
  | "perl"
  | "dotnet"
  | "beam"
  | "go";

const BY_NAME: ReadonlyArray<readonly [RegExp, Runtime]> = [
  [/^(?:node|nodejs)(?:-?\d+)?$/, "nodejs"],
  [/^deno$/, "deno"],
  [/^bun$/, "bun"],
  [/^python(?:\d+(?:\.\d+)*)?$/, "cpython"],
  [/^pypy(?:\d+(?:\.\d+)*)?$/, "pypy"],
  [/^java$/, "java"],
  [/^ruby(?:\d+(?:\.\d+)*)?$/, "ruby"],
  [/^php(?:-fpm|-cgi)?(?:\d+(?:\.\d+)*)?$/, "php"],
  [/^perl(?:\d+(?:\.\d+)*)?$/, "perl"],
  [/^dotnet$/, "dotnet"],
  [/^beam(?:\.smp)?$/, "beam"],
];

/** The runtime an executable of this name is, undefined for all others. */
export function runtimeByName(name: string): Runtime | undefined {
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
}

const FIRST_PAGE_BYTES = 4096;

/** Whether the executable at `path` has Go's build id; false for what cannot be read. */
export function isGo(path: string): boolean {
  const page = Buffer.alloc(FIRST_PAGE_BYTES);
  try {
    const file = openSync(path, "r");
    try {
      return hasGoBuildId(page.subarray(0, readSync(file, page)));
    } finally {
      closeSync(file);
    }
  } catch {
    return false; // gone, or not ours to read
  }
}

/** An ELF note: name size 4, the size of the id, type 4, name "Go"; the linker puts it in the first page. */
function hasGoBuildId(page: Buffer): boolean {
  for (let at = page.indexOf("Go\0\0"); at >= 0; at = page.indexOf("Go\0\0", at + 1)) {
    if (at < 12 || page.readUInt32LE(at - 12) !== 4 || page.readUInt32LE(at - 4) !== 4) continue;
    return true;
  }
  return false;
}
