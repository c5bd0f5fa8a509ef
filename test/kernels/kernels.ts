// The kernels of the matrix, and how each is fetched: Debian's own packages, downloaded with a private apt, unpacked,
// never installed. What was fetched once is kept outside the repository and used from there.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findMirrors, PrivateApt } from "./apt.ts";

/** One kernel of the matrix. */
export interface KernelChoice {
  readonly series: string;
  /** Debian suites that have it, the first that answers wins. */
  readonly suites: readonly string[];
  /** Package names that may hold its image; of those that match, the newest wins. */
  readonly packages: RegExp;
  /** The socket tap's mechanisms to force, one boot each. */
  readonly hooks: readonly string[];
}

/** A kernel image at hand. */
export interface Kernel {
  /** What `uname -r` will say. */
  readonly release: string;
  readonly image: string;
}

/** The matrix: before 6.3 there are no socket tracepoints, so the older two go through the fallbacks. */
export const KERNELS: readonly KernelChoice[] = [
  {
    series: "5.10",
    suites: ["bullseye"],
    packages: /^linux-image-5\.10\.\S+-cloud-amd64$/,
    hooks: ["fexit", "kprobe", "syscalls"],
  },
  {
    series: "6.1",
    suites: ["bookworm", "bookworm-security"],
    packages: /^linux-image-6\.1\.\S+-cloud-amd64$/,
    hooks: ["fexit", "kprobe", "syscalls"],
  },
  {
    series: "6.12",
    suites: ["bookworm-security", "bookworm-backports"],
    packages: /^linux-image-6\.12\.\S+-cloud-amd64$/,
    hooks: ["raw_tp", "fexit"],
  },
  {
    // Debian's newest, whatever its number is by now. Its image is in a package of its own.
    series: "7.2",
    suites: ["sid"],
    packages: /^linux-binary-[0-9]\S+-cloud-amd64$/,
    hooks: ["tracepoint", "raw_tp"],
  },
];

const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "wattspan/kernels");

/** Gives the kernel from the cache, else fetches it. Throws with the reason where it can't be had. */
export function obtainKernel(choice: KernelChoice): Kernel {
  const kept = join(CACHE, choice.series);
  if (!existsSync(kept)) fetchKernel(choice, kept);
  return { release: readFileSync(join(kept, "release"), "utf8").trim(), image: join(kept, "vmlinuz") };
}

function fetchKernel(choice: KernelChoice, kept: string): void {
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, ".fetch-"));
  try {
    renameSync(unpackImage(downloadFrom(choice, work), work), kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Downloads the package from the first suite that has it, and returns the file's path. */
function downloadFrom(choice: KernelChoice, work: string): string {
  const mirrors = findMirrors();
  const reasons: string[] = [];
  for (const suite of choice.suites) {
    try {
      const apt = new PrivateApt(join(work, suite), mirrors, suite);
      return apt.download(apt.newest(choice.packages));
    } catch (error) {
      reasons.push(`${suite}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(reasons.join("; "));
}

/** Takes the image out of the package; returns a folder with `vmlinuz` and `release`. */
function unpackImage(packageFile: string, work: string): string {
  const tree = join(work, "tree");
  execFileSync("dpkg-deb", ["-x", packageFile, tree]);
  const images = execFileSync("find", [tree, "-name", "vmlinuz*", "-type", "f"], { encoding: "utf8" });
  const image = images.split("\n")[0];
  if (!image) throw new Error(`${packageFile} holds no kernel image`);
  const release = /(?:boot\/vmlinuz-|lib\/modules\/)([^/]+)/.exec(image)?.[1];
  if (!release) throw new Error(`${packageFile} names no release beside its image`);
  const folder = join(work, "kernel");
  mkdirSync(folder);
  renameSync(image, join(folder, "vmlinuz"));
  writeFileSync(join(folder, "release"), `${release}\n`);
  return folder;
}
