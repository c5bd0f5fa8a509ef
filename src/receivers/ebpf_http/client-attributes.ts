// Hot path: what a client's span says of the server it asked.
import { http_request_event as field } from "../../ebpf/layouts.gen.ts";
import type { TracesBuilder } from "../../pdata/index.ts";
import type { Addresses } from "./address.ts";
import { Authority } from "./authority.ts";
import { hasSecret, hostStart, REDACTED_CREDENTIALS, redactQuery } from "./redact.ts";
import type { RequestRecord } from "./request-record.ts";
import { KEY } from "./span-keys.ts";

const HTTP_PORT = 80;
const ASTERISK = 0x2a;
const SLASH = 0x2f;
const SCHEME = "http://";
/** More than the captured bytes and the scheme before them. */
const URL_BYTES = 1024;

/** Writes url.full, server.address and server.port. */
export class ClientAttributes {
  readonly #addresses: Addresses;
  readonly #authority: Authority = new Authority();
  /** The URL that is being put together; its scheme never changes. */
  readonly #url: Uint8Array = new Uint8Array(URL_BYTES);

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
    this.#url.set(Buffer.from(SCHEME, "latin1"));
  }

  write(out: TracesBuilder, record: RequestRecord): void {
    const { head, bytes } = record;
    const from = head.authority.present ? head.authority : head.host;
    const known = from.present && this.#authority.parse(bytes, from.start, from.end);
    if (known) {
      out.bytesAttr(KEY.serverAddress, bytes, this.#authority.start, this.#authority.end);
      out.intAttr(KEY.serverPort, this.#authority.port || HTTP_PORT);
    } else {
      out.strAttr(KEY.serverAddress, this.#peerAddress(record)).intAttr(KEY.serverPort, record.remotePort);
    }
    if (!head.target.present) return;
    const { query } = head;
    const secret = query.present && hasSecret(bytes, query.start, query.end);
    const usual = known && from === head.host && bytes[head.target.start] === SLASH;
    if (usual && !secret) this.#writeUrl(out, record);
    else out.strAttr(KEY.urlFull, this.#urlOf(record, secret));
  }

  #peerAddress({ view, offset, family }: RequestRecord): string {
    return this.#addresses.textOf(view, offset + field.remote_address, family);
  }

  /** The usual URL: scheme, Host and target, as they are. */
  #writeUrl(out: TracesBuilder, { bytes, head }: RequestRecord): void {
    const url = this.#url;
    let at = SCHEME.length;
    for (let i = head.host.start; i < head.host.end; i++) url[at++] = bytes[i]!;
    for (let i = head.target.start; i < head.target.end; i++) url[at++] = bytes[i]!;
    out.bytesAttr(KEY.urlFull, url, 0, at);
  }

  /** Any URL: from an absolute target, or without Host, or with something to hide. */
  #urlOf(record: RequestRecord, secret: boolean): string {
    const { head, bytes } = record;
    const path = head.path.present && bytes[head.path.start] !== ASTERISK ? record.text(head.path) : "";
    let query = head.query.present ? record.text(head.query) : "";
    if (secret) query = redactQuery(query);
    return SCHEME + this.#authorityOf(record) + path + (query && `?${query}`);
  }

  #authorityOf(record: RequestRecord): string {
    const { head, bytes } = record;
    const from = head.authority.present ? head.authority : head.host;
    if (!from.present) return authorityText(this.#peerAddress(record), record.remotePort);
    const start = hostStart(bytes, from.start, from.end);
    const host = record.text({ start, end: from.end });
    return start === from.start ? host : REDACTED_CREDENTIALS + host;
  }
}

function authorityText(address: string, port: number): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return port === HTTP_PORT ? host : `${host}:${port}`;
}
