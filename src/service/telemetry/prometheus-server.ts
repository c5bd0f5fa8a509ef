// The page that `pull.exporter.prometheus` offers.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { listen } from "../../config/net.ts";
import { errorText } from "./encode.ts";

/** A page with metrics. */
export interface MetricsPage {
  /** The one that was free, if 0 was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly body: string;
}

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/**
 * Answers `/metrics` with what `text` gives. Rejects when the address cannot be had; `onError` is told what goes wrong
 * later, which ends nothing.
 */
export async function servePrometheus(
  host: string,
  port: number,
  text: () => string,
  onError: (error: unknown) => void,
): Promise<MetricsPage> {
  const bare = host.replace(/^\[(.+)\]$/, "$1");
  const endpoint = bare.includes(":") ? `[${bare}]:${port}` : `${bare}:${port}`;
  const page = () => {
    try {
      return { status: 200, body: text() };
    } catch (error) {
      onError(error);
      return { status: 500, body: `An error has occurred while serving metrics:\n\n${errorText(error)}\n` };
    }
  };
  const server = createServer((request, response) => answer(request, response, page));
  try {
    await listen(server, { endpoint, transport: "tcp" });
  } catch (cause) {
    throw new Error(`binding address ${endpoint} for Prometheus exporter: ${errorText(cause)}`, { cause });
  }
  server.on("error", onError); // A connection could not be accepted.
  server.unref();
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function answer(request: IncomingMessage, response: ServerResponse, page: () => Page): void {
  if (request.url?.split("?")[0] !== "/metrics") {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("404 page not found\n");
    return;
  }
  const { status, body } = page();
  const zipped = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  response.writeHead(status, { "content-type": CONTENT_TYPE, ...(zipped && { "content-encoding": "gzip" }) });
  response.end(zipped ? gzipSync(body) : body);
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
}
