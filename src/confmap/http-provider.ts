// Configuration from a web server. Node's own modules, since the global fetch costs 10 MB for good.
import type { IncomingMessage } from "node:http";
import type { Provider } from "./providers.ts";
import { retrievedFromYaml } from "./retrieved.ts";

/** As many as Go's client follows. */
const MAX_REDIRECTS = 10;
/** The Collector waits for ever; an agent that does not start should say why. */
const TIMEOUT_MS = 30_000;

/** Reads configuration with a GET request. `ca` replaces the certificates that are trusted for https. */
export function httpProvider(scheme: "http" | "https", ca?: string): Provider {
  return async (opaque) => {
    const uri = `${scheme}:${opaque}`;
    return retrievedFromYaml(await download(uri, ca));
  };
}

async function download(uri: string, ca: string | undefined): Promise<string> {
  const response = await followed(uri, ca);
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(
      `failed to load resource from uri ${JSON.stringify(uri)}. status code: ${response.statusCode}`,
    );
  }
  try {
    return Buffer.concat(await response.toArray()).toString("utf8");
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`fail to read the response body from uri ${JSON.stringify(uri)}: ${message}`, { cause });
  }
}

/** The first response that sends nowhere else. */
async function followed(uri: string, ca: string | undefined): Promise<IncomingMessage> {
  if (!URL.canParse(uri) || new URL(uri).host === "") throw new Error(`invalid uri ${JSON.stringify(uri)}`);
  let url = new URL(uri);
  try {
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await get(url, ca);
      const { statusCode = 0, headers } = response;
      if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) return response;
      response.destroy();
      url = new URL(headers.location, url);
    }
    throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
  } catch (cause) {
    const why = reason(cause as NodeJS.ErrnoException);
    throw new Error(
      `unable to download the file via HTTP GET for uri ${JSON.stringify(uri)}: Get ${JSON.stringify(url.href)}: ${why}`,
      { cause },
    );
  }
}

async function get(url: URL, ca: string | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const options = { signal, agent: false, headers: { "user-agent": "wattspan" } } as const;
  if (url.protocol === "http:") {
    const { request } = await import("node:http");
    request(url, options, resolve).on("error", reject).end();
  } else if (url.protocol === "https:") {
    const { request } = await import("node:https");
    request(url, { ...options, ca: ca ?? (await trusted()) }, resolve)
      .on("error", reject)
      .end();
  } else throw new Error(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
  return promise;
}

/** What the system trusts, as every other program on the host does, besides what Node.js brings along. */
async function trusted(): Promise<string[]> {
  const { getCACertificates } = await import("node:tls");
  return [...getCACertificates("default"), ...getCACertificates("system")];
}

/** Go's words for what a user meets. */
function reason(
  error: NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string },
): string {
  const { code, address, port, hostname, message } = error;
  if (code === "ECONNREFUSED") return `dial tcp ${address}:${port}: connect: connection refused`;
  if (code === "ENOTFOUND") return `dial tcp: lookup ${hostname}: no such host`;
  return message;
}
