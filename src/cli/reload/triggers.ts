// What makes a running agent read its configuration again: SIGHUP, `--watch`, `--reload-endpoint`.
import type { Logger } from "../../component/index.ts";
import type { Flags } from "../flags.ts";
import type { Reloader } from "./reloader.ts";

/** Reloads whenever it is asked to, until closed. Rejects when the endpoint cannot be had. */
export async function reloadTriggers(
  { values, switches }: Flags,
  files: ReadonlySet<string>,
  reloader: Reloader,
  logger: Logger,
): Promise<{ close(): void }> {
  const reload = (reason: string) => void reloader.reload(reason).catch(() => {}); // The log says why not.
  const closing: (() => void)[] = [];
  const hangup = () => reload("SIGHUP");
  process.on("SIGHUP", hangup);
  closing.push(() => process.off("SIGHUP", hangup));
  if (switches.has("watch")) {
    const { watchFiles } = await import("./watch.ts");
    closing.push(
      watchFiles(
        () => files,
        () => reload("a file has changed"),
      ).close,
    );
  }
  for (const endpoint of values["reload-endpoint"] ?? []) {
    const { serveReload } = await import("./endpoint.ts");
    const { address, close } = await serveReload(endpoint, () => reloader.reload("HTTP"));
    logger.info({ endpoint: address }, "Reloads on POST /-/reload.");
    closing.push(close);
  }
  return {
    close() {
      for (const close of closing) close();
    },
  };
}
