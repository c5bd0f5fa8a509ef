// What proxies say about the request they passed on: Forwarded (RFC 7239) and the X-Forwarded fields.

/** The client's end as the first proxy saw it. */
export interface ForwardedClient {
  readonly address: string;
  readonly port: number | undefined;
}

/** The parameters of the first element of a Forwarded field; names in lower case. */
function firstElement(value: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const end = firstComma(value);
  for (const [, name, quoted, token] of value
    .slice(0, end)
    .matchAll(/([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^;,\s]*))/g)) {
    parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? token ?? "");
  }
  return parameters;
}

/** Commas in quotes do not separate elements. */
function firstComma(value: string): number {
  const match = /^(?:[^",]|"(?:[^"\\]|\\.)*")*/.exec(value);
  return match ? match[0].length : value.length;
}

function firstOf(list: string): string | undefined {
  return list.split(",")[0]?.trim() || undefined;
}

/** The client's address; undefined where the fields name none (or hide it, as `_hidden` or `unknown`). */
export function forwardedClient(forwarded: string, forwardedFor: string): ForwardedClient | undefined {
  const node = firstElement(forwarded).get("for") || firstOf(forwardedFor);
  if (!node || node.startsWith("_") || node === "unknown") return undefined;
  const [, v6, v6Port] = /^\[([^\]]+)\](?::(\d+))?$/.exec(node) ?? [];
  if (v6 !== undefined) return { address: v6, port: portOf(v6Port) };
  const [, v4, v4Port] = /^([^:]+):(\d+)$/.exec(node) ?? [];
  return v4 === undefined ? { address: node, port: undefined } : { address: v4, port: portOf(v4Port) };
}

/** The host that the client asked for; undefined where the fields name none. */
export function forwardedHost(forwarded: string, host: string): string | undefined {
  return firstElement(forwarded).get("host") || firstOf(host);
}

/** The scheme that the client used; undefined where the fields name none. */
export function forwardedScheme(forwarded: string, proto: string): string | undefined {
  return (firstElement(forwarded).get("proto") || firstOf(proto))?.toLowerCase();
}

function portOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
