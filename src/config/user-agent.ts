import type { BuildInfo } from "../component/index.ts";

/** What exporters call themselves, in the Collector's form: `wattspan/1.2.3 (linux/amd64)`, the machine as Go names it. */
export function userAgent({ command, version }: BuildInfo): string {
  const machine = process.arch === "x64" ? "amd64" : process.arch;
  return `${command}/${version} (linux/${machine})`;
}
