/** The first SIGTERM or SIGINT. A second one meets no handler and ends the process at once. */
export function stopRequested(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const stop = (signal: NodeJS.Signals) => {
    process.off("SIGTERM", stop).off("SIGINT", stop);
    resolve(signal);
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  return promise;
}
