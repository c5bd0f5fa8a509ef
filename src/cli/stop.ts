import { closeSync, openSync } from "node:fs";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * The first SIGTERM or SIGINT, or SIGHUP when it says that the terminal is closed; otherwise that one asks for a reload.
 * A second SIGTERM or SIGINT meets no handler and ends the process at once.
 */
export function stopRequested(): Promise<NodeJS.Signals> {
  const hadTerminal = process.stderr.isTTY;
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const stop = (signal: NodeJS.Signals) => {
    if (signal === "SIGHUP" && !(hadTerminal && isTerminalGone())) return;
    process.off("SIGTERM", stop).off("SIGINT", stop);
    resolve(signal);
  };
  for (const each of SIGNALS) process.on(each, stop);
  return promise;
}

function isTerminalGone(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return false;
  } catch {
    return true;
  }
}
