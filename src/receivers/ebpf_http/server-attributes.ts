// Hot path: what a server's span says of itself, its URL and its client.
import { http_request_event as field } from "../../ebpf/layouts.gen.ts";
import type { TracesBuilder } from "../../pdata/index.ts";
import type { Addresses } from "./address.ts";
import { Authority } from "./authority.ts";
import { forwardedClient, forwardedHost, forwardedScheme } from "./forwarded.ts";
import { hasSecret, redactQuery } from "./redact.ts";
import type { RequestRecord } from "./request-record.ts";
import { KEY, SCHEME_HTTP } from "./span-keys.ts";

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** Writes url.*, server.* and client.*; what proxies say of the original request goes before what the peer says. */
export class ServerAttributes {
  readonly #addresses: Addresses;
  readonly #authority: Authority = new Authority();

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  write(out: TracesBuilder, record: RequestRecord): void {
    const { head } = record;
    const proxied =
      head.forwarded.present ||
      head.forwardedFor.present ||
      head.forwardedHost.present ||
      head.forwardedProto.present;
    this.#writeUrl(out, record);
    if (proxied) {
      this.#writeForwarded(out, record);
      return;
    }
    out.constAttr(SCHEME_HTTP);
    this.#writeServer(out, record, HTTP_PORT);
    this.#writePeerAsClient(out, record);
  }

  #writeUrl(out: TracesBuilder, record: RequestRecord): void {
    const { head, bytes } = record;
    const { path, query } = head;
    if (path.present) out.bytesAttr(KEY.urlPath, bytes, path.start, path.end);
    else if (head.target.present) out.strAttr(KEY.urlPath, "");
    if (!query.present || query.end === query.start) return;
    if (hasSecret(bytes, query.start, query.end)) out.strAttr(KEY.urlQuery, redactQuery(record.text(query)));
    else out.bytesAttr(KEY.urlQuery, bytes, query.start, query.end);
  }

  /** By the request's Host or absolute target; else the address the client is connected to. */
  #writeServer(out: TracesBuilder, record: RequestRecord, defaultPort: number): void {
    const { head, bytes, view, offset } = record;
    const authority = this.#authority;
    const from = head.authority.present ? head.authority : head.host;
    if (from.present && authority.parse(bytes, from.start, from.end)) {
      out.bytesAttr(KEY.serverAddress, bytes, authority.start, authority.end);
      out.intAttr(KEY.serverPort, authority.port || defaultPort);
      return;
    }
    const local = this.#addresses.textOf(view, offset + field.local_address, record.family);
    out.strAttr(KEY.serverAddress, local).intAttr(KEY.serverPort, record.localPort);
  }

  #writePeerAsClient(out: TracesBuilder, record: RequestRecord): void {
    const { view, offset } = record;
    const peer = this.#addresses.textOf(view, offset + field.remote_address, record.family);
    out.strAttr(KEY.clientAddress, peer).intAttr(KEY.clientPort, record.remotePort);
  }

  #writeForwarded(out: TracesBuilder, record: RequestRecord): void {
    const { head } = record;
    const textOf = (run: { readonly present: boolean; readonly start: number; readonly end: number }) =>
      run.present ? record.text(run) : "";
    const forwarded = textOf(head.forwarded);
    const scheme = forwardedScheme(forwarded, textOf(head.forwardedProto)) ?? "http";
    const defaultPort = scheme === "https" ? HTTPS_PORT : HTTP_PORT;
    out.strAttr(KEY.urlScheme, scheme);
    const host = forwardedHost(forwarded, textOf(head.forwardedHost));
    if (host === undefined) this.#writeServer(out, record, defaultPort);
    else this.#writeForwardedServer(out, host, defaultPort);
    const client = forwardedClient(forwarded, textOf(head.forwardedFor));
    if (client === undefined) {
      this.#writePeerAsClient(out, record);
      return;
    }
    out.strAttr(KEY.clientAddress, client.address);
    if (client.port !== undefined) out.intAttr(KEY.clientPort, client.port);
  }

  #writeForwardedServer(out: TracesBuilder, host: string, defaultPort: number): void {
    const bytes = Buffer.from(host);
    const authority = this.#authority;
    if (!authority.parse(bytes, 0, bytes.length)) return;
    out.bytesAttr(KEY.serverAddress, bytes, authority.start, authority.end);
    out.intAttr(KEY.serverPort, authority.port || defaultPort);
  }
}
