// Where an exporter sends to, as labels of what it has sent.
import type { Labels } from "../../component/index.ts";
import { splitHostPort } from "../../config/net.ts";

/** Of a gRPC target; what is not `host:port`, such as a unix socket, is the address as a whole. */
export function grpcDestination(target: string): Labels {
  const { host, port, problem } = splitHostPort(target.replace(/^[a-z]+:\/\/\//, ""));
  if (problem !== undefined || target.startsWith("unix:")) return { "server.address": target };
  return { "server.address": host, "server.port": port };
}

/** Of a URL. */
export function httpDestination({ hostname, port, pathname }: URL): Labels {
  return {
    "server.address": hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(port && { "server.port": port }),
    "url.path": pathname,
  };
}
