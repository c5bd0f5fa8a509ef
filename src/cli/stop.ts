const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * The first SIGTERM, SIGINT or SIGHUP, as when a terminal is closed. A second one meets no handler and ends the process
 * at once.
 */
export function stopRequested(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const stop = (signal: NodeJS.Signals) => {
    for (const each of SIGNALS) process.off(each, stop);
    resolve(signal);
  };
  for (const each of SIGNALS) process.on(each, stop);
  return promise;
}
