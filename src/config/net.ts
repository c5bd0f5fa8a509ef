// The Collector's confignet: where a server listens.
import { lookup } from "node:dns/promises";
import { type AddressInfo, isIPv6, type ListenOptions, type Server } from "node:net";
import type { Host } from "../component/index.ts";
import { duration, type Problem, type Schema, string, struct } from "../confmap/schema.ts";

/** Where to listen: the keys `endpoint` and `transport` of every server. */
export interface AddrConfig {
  /** `host:port`, or the path of a unix socket. */
  readonly endpoint: string;
  /** `tcp`, `tcp4`, `tcp6` or `unix`. */
  readonly transport: string;
  /** Has no effect on who listens. */
  readonly dialer: { readonly timeoutMs: number };
}

/** What a server of streams can listen on. */
const LISTENABLE: ReadonlySet<string> = new Set(["tcp", "tcp4", "tcp6", "unix"]);

const TRANSPORTS: ReadonlySet<string> = new Set([
  ...LISTENABLE,
  ...["udp", "udp4", "udp6", "ip", "ip4", "ip6", "unixgram", "unixpacket"],
]);

/** The keys of an address. Its problems are reported under `netaddr`, the name Go's field has. */
export function addrConfig(endpoint: string): Schema<AddrConfig> {
  return struct(
    "confignet.NetAddr",
    {
      endpoint: string(endpoint, "address"),
      transport: string("tcp"),
      dialer: struct("confignet.DialerConfig", { timeout: duration() }),
    },
    addrProblems,
  );
}

function* addrProblems({ transport }: AddrConfig): Iterable<Problem> {
  if (!TRANSPORTS.has(transport)) yield `invalid transport type ${JSON.stringify(transport)}`;
}

/** Makes `server` listen. Rejects in the words of Go's net package. Gives the address it got, as Go prints it. */
export async function listen(
  server: Server,
  { endpoint, transport }: Pick<AddrConfig, "endpoint" | "transport">,
): Promise<string> {
  const options = await listenOptions(endpoint, transport);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(options, resolve);
  try {
    await promise;
  } catch (cause) {
    const at = options.path ?? printed(options.host!, options.port!);
    throw new Error(`listen ${transport} ${at}: bind: ${reason(cause)}`, { cause });
  } finally {
    server.off("error", reject);
  }
  const address = server.address() as AddressInfo | string;
  return typeof address === "string" ? address : printed(address.address, address.port);
}

/**
 * Tells `host` when a connection cannot be accepted, and when one is again. That is no reason to end: in between the server
 * goes on listening.
 */
export function reportAccepting(server: Server, host: Host): void {
  let failing = false;
  server.on("error", (error) => {
    failing = true;
    host.reportStatus("recoverable_error", error);
  });
  server.on("connection", () => {
    if (failing) host.reportStatus("ok");
    failing = false;
  });
}

async function listenOptions(endpoint: string, transport: string): Promise<ListenOptions> {
  if (!LISTENABLE.has(transport)) {
    throw new Error(`listen ${transport} ${endpoint}: address ${endpoint}: unexpected address type`);
  }
  if (transport === "unix") return { path: endpoint };
  const fail = (problem: string, cause?: unknown) => new Error(`listen ${transport}: ${problem}`, { cause });
  const { host, port, problem } = splitHostPort(endpoint);
  if (problem !== undefined) throw fail(`address ${endpoint}: ${problem}`);
  if (!/^\d+$/.test(port)) throw fail(`lookup ${transport}/${port}: unknown port`);
  if (Number(port) > 65_535) throw fail(`address ${port}: invalid port`);
  return { host: await resolved(host, transport, fail), port: Number(port), ipv6Only: transport === "tcp6" };
}

/** The first address of `host`, of IPv4 where it has both, as Go listens. */
async function resolved(
  host: string,
  transport: string,
  fail: (problem: string, cause: unknown) => Error,
): Promise<string> {
  if (host === "") return transport === "tcp4" ? "0.0.0.0" : "::";
  const family = { tcp4: 4, tcp6: 6 }[transport] ?? 0;
  try {
    return (await lookup(host, { family, order: "ipv4first" })).address;
  } catch (cause) {
    throw fail(`lookup ${host}: no such host`, cause);
  }
}

interface HostPort {
  readonly host: string;
  readonly port: string;
  readonly problem?: string;
}

/** Splits `host:port` and `[host]:port` with the complaints of Go's net.SplitHostPort. */
export function splitHostPort(endpoint: string): HostPort {
  const none = { host: "", port: "" };
  const bracketed = /^\[([^[\]]*)\](?::([^:]*))?$/.exec(endpoint);
  if (bracketed) {
    const [, host = "", port] = bracketed;
    return port === undefined ? { ...none, problem: "missing port in address" } : { host, port };
  }
  const colon = endpoint.lastIndexOf(":");
  if (colon < 0) return { ...none, problem: "missing port in address" };
  const host = endpoint.slice(0, colon);
  if (host.includes(":")) return { ...none, problem: "too many colons in address" };
  return { host, port: endpoint.slice(colon + 1) };
}

function printed(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
  ENOENT: "no such file or directory",
  EINVAL: "invalid argument",
};

function reason(cause: unknown): string {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** A peer's address as the Collector has it: without the IPv6 form of an IPv4 address. */
export function peerAddress(remote: string | undefined): string | undefined {
  return remote?.startsWith("::ffff:") ? remote.slice(7) : remote;
}
