import { readFileSync } from "node:fs";
import type { BuildInfo } from "../component/index.ts";

/** What this program is; the version is the package's. */
export const buildInfo: BuildInfo = {
  command: "wattspan",
  description: "wattspan",
  version: packageVersion(),
};

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
