// `--reload-endpoint`: POST /-/reload, for this host alone.
import { lookup } from "node:dns/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { BlockList, isIPv6 } from "node:net";
import { listen, splitHostPort } from "../../config/net.ts";
import { errorText } from "../../service/telemetry/encode.ts";
import { UsageError } from "../flags.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** A listening endpoint. */
export interface ReloadEndpoint {
  /** `host:port`. */
  readonly address: string;
  close(): void;
}

/** Listens, and calls `reload` for each request. Rejects when the address is not a loopback one, or cannot be had. */
export async function serveReload(endpoint: string, reload: () => Promise<void>): Promise<ReloadEndpoint> {
  await requireLoopback(endpoint);
  const server = createServer((request, response) => void answer(request, response, reload));
  server.unref();
  const address = await listen(server, { endpoint, transport: "tcp" });
  server.on("error", () => {}); // A connection could not be accepted; its client sees that.
  return {
    address,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function requireLoopback(endpoint: string): Promise<void> {
  const { host, problem } = splitHostPort(endpoint);
  if (problem !== undefined) throw refused(endpoint, `address ${endpoint}: ${problem}`);
  const { address } = await lookup(host || "::", { order: "ipv4first" }).catch((cause) => {
    throw refused(endpoint, `lookup ${host}: no such host`, cause);
  });
  if (!loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4"))
    throw refused(endpoint, "must be an address of the loopback interface, such as localhost:4319");
}

function refused(endpoint: string, why: string, cause?: unknown): UsageError {
  return new UsageError(`invalid argument ${JSON.stringify(endpoint)} for "--reload-endpoint" flag: ${why}`, {
    cause,
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  reload: () => Promise<void>,
): Promise<void> {
  const [status, text] = refusalOf(request) ?? (await outcomeOf(reload));
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

function refusalOf({ method, url, headers }: IncomingMessage): [number, string] | undefined {
  if (url !== "/-/reload") return [404, "404 page not found"];
  if (method !== "POST") return [405, "405 method not allowed, supported: [POST]"];
  // A page in a browser on this host must not be able to: neither by itself, nor by a name that leads here.
  const { host = "" } = splitHostPort(headers.host ?? "");
  if (headers.origin !== undefined || !isLoopbackName(host))
    return [403, "403 only for programs of this host"];
  return undefined;
}

function isLoopbackName(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

async function outcomeOf(reload: () => Promise<void>): Promise<[number, string]> {
  try {
    await reload();
    return [200, "reloaded"];
  } catch (error) {
    return [500, errorText(error)];
  }
}
