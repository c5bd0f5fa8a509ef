// Reads the files by which a host tells about itself; what is missing or not ours to read is undefined.
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A host's /proc and /sys, which may be mounted elsewhere. */
export class HostFiles {
  readonly proc: string;
  readonly sys: string;

  constructor(proc: string, sys: string) {
    this.proc = proc;
    this.sys = sys;
  }

  /** The text without blanks around it. */
  text(path: string): string | undefined {
    return attempt(() => readFileSync(path, "utf8").trim());
  }

  link(path: string): string | undefined {
    return attempt(() => readlinkSync(path));
  }

  names(path: string): readonly string[] {
    return attempt(() => readdirSync(path)) ?? [];
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  /** Pids of all processes that can be seen. */
  pids(): number[] {
    return this.names(this.proc)
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid > 0);
  }

  /** The kernel's release as numbers; zeros where it cannot be read. */
  kernelVersion(): readonly [major: number, minor: number] {
    const [, major, minor] = /^(\d+)\.(\d+)/.exec(this.kernelRelease() ?? "") ?? [];
    return [Number(major ?? 0), Number(minor ?? 0)];
  }

  kernelRelease(): string | undefined {
    return this.text(`${this.proc}/sys/kernel/osrelease`);
  }

  isKernelBefore(major: number, minor: number): boolean {
    const [ours, oursMinor] = this.kernelVersion();
    return ours < major || (ours === major && oursMinor < minor);
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
