// `--watch`: notices when a file of the configuration changes. Files are looked at, not subscribed to, so that it works
// wherever they are: on a network, behind the links of a Kubernetes ConfigMap, or replaced by an editor.
import { statSync } from "node:fs";

export const POLL_MS = 1000;

/** Calls `onChange` when a file is not what it was, and has been left alone for one look. */
export function watchFiles(files: () => Iterable<string>, onChange: () => void): { close(): void } {
  let acted = stateOf(files());
  let seen = acted;
  const look = () => {
    const now = stateOf(files());
    const isSettled = now === seen;
    seen = now;
    if (!isSettled || now === acted) return;
    acted = now;
    onChange();
  };
  const timer = setInterval(look, POLL_MS).unref();
  return { close: () => clearInterval(timer) };
}

/** Differs when a file does. */
function stateOf(files: Iterable<string>): string {
  return [...files].map((file) => `${file} ${stampOf(file)}`).join("\n");
}

function stampOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}` : "missing";
}
