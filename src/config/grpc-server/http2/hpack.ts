// Hot: header blocks (RFC 7541): those of requests decoded, those of answers encoded without state.
import type { IncomingHttpHeaders } from "node:http2";
import { Http2Error } from "./error.ts";
import { ERROR } from "./frames.ts";
import { decodeHuffman } from "./huffman.ts";

type Field = readonly [name: string, value: string];

/** RFC 7541, appendix A: names, and the values of those that have one. */
const STATIC: readonly Field[] = [
  ...[":authority=", ":method=GET", ":method=POST", ":path=/", ":path=/index.html", ":scheme=http"],
  ...[":scheme=https", ":status=200", ":status=204", ":status=206", ":status=304", ":status=400"],
  ...[":status=404", ":status=500", "accept-charset=", "accept-encoding=gzip, deflate", "accept-language="],
  ...["accept-ranges=", "accept=", "access-control-allow-origin=", "age=", "allow=", "authorization="],
  ...["cache-control=", "content-disposition=", "content-encoding=", "content-language=", "content-length="],
  ...["content-location=", "content-range=", "content-type=", "cookie=", "date=", "etag=", "expect="],
  ...["expires=", "from=", "host=", "if-match=", "if-modified-since=", "if-none-match=", "if-range="],
  ...["if-unmodified-since=", "last-modified=", "link=", "location=", "max-forwards=", "proxy-authenticate="],
  ...["proxy-authorization=", "range=", "referer=", "refresh=", "retry-after=", "server=", "set-cookie="],
  ...[
    "strict-transport-security=",
    "transfer-encoding=",
    "user-agent=",
    "vary=",
    "via=",
    "www-authenticate=",
  ],
].map((entry) => {
  const equals = entry.indexOf("=");
  return [entry.slice(0, equals), entry.slice(equals + 1)];
});

/** What an entry counts beside its text. */
const ENTRY_BYTES = 32;
const MAX_TABLE_BYTES = 4096;
/** What a request's headers may be together, as HTTP/2 counts them. */
export const MAX_HEADER_LIST_BYTES: number = 64 << 10;

/** Decodes the header blocks of one connection, in the order in which they come. */
export class HpackDecoder {
  /** Newest first. */
  readonly #table: Field[] = [];
  #tableBytes = 0;
  #maxTableBytes = MAX_TABLE_BYTES;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Whether the block has changed the table. */
  #changed = false;
  /** The last block that left the table as it was, and its headers: clients repeat themselves. */
  #lastBlock: Buffer = Buffer.alloc(0);
  #lastHeaders: IncomingHttpHeaders | undefined;

  /** The headers of a block, not to be changed. Throws a Http2Error. */
  decode(block: Buffer): IncomingHttpHeaders {
    if (this.#lastHeaders && this.#lastBlock.equals(block)) return this.#lastHeaders;
    this.#block = block;
    this.#at = 0;
    this.#changed = false;
    const headers: Record<string, string | string[]> = Object.create(null);
    let bytes = 0;
    while (this.#at < block.length) {
      const field = this.#next();
      if (!field) continue;
      const [name, value] = field;
      bytes += name.length + value.length + ENTRY_BYTES;
      if (bytes > MAX_HEADER_LIST_BYTES) throw new Http2Error(ERROR.ENHANCE_YOUR_CALM, "headers too large");
      const known = headers[name];
      headers[name] = known === undefined ? value : [known, value].flat();
    }
    this.#lastHeaders = this.#changed ? undefined : headers;
    if (!this.#changed) this.#lastBlock = Buffer.from(block);
    return headers;
  }

  /** The next field; undefined when it was a new size of the table. */
  #next(): Field | undefined {
    const first = this.#block[this.#at]!;
    if (first >= 0x80) return this.#indexed(this.#integer(7));
    if (first < 0x40 && first >= 0x20) {
      this.#resize(this.#integer(5));
      return undefined;
    }
    const indexing = first >= 0x40;
    const index = this.#integer(indexing ? 6 : 4);
    const name = index === 0 ? this.#string() : this.#indexed(index)[0];
    const field: Field = [name, this.#string()];
    if (indexing) this.#add(field);
    return field;
  }

  #indexed(index: number): Field {
    const field = index <= STATIC.length ? STATIC[index - 1] : this.#table[index - STATIC.length - 1];
    if (!field) throw new Http2Error(ERROR.COMPRESSION, "no such table entry");
    return field;
  }

  #add(field: Field): void {
    this.#changed = true;
    this.#table.unshift(field);
    this.#tableBytes += field[0].length + field[1].length + ENTRY_BYTES;
    this.#evict();
  }

  #resize(bytes: number): void {
    if (bytes > MAX_TABLE_BYTES) throw new Http2Error(ERROR.COMPRESSION, "table too large");
    this.#changed = true;
    this.#maxTableBytes = bytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#maxTableBytes) {
      const [name, value] = this.#table.pop()!;
      this.#tableBytes -= name.length + value.length + ENTRY_BYTES;
    }
  }

  /** An integer that begins in the low `bits` bits of the next byte. */
  #integer(bits: number): number {
    const mask = 2 ** bits - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Http2Error(ERROR.COMPRESSION, "integer too large");
  }

  #string(): string {
    const huffman = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw new Http2Error(ERROR.COMPRESSION, "string runs past its block");
    return huffman
      ? decodeHuffman(this.#block, start, this.#at)
      : this.#block.toString("latin1", start, this.#at);
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw new Http2Error(ERROR.COMPRESSION, "header block ends too early");
    return byte;
  }
}

/** Encodes fields as literals that no table remembers. */
export function encodeHeaders(fields: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.of(0),
    encodeString(name),
    encodeString(value),
  ]);
  return Buffer.concat(parts);
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const length: number[] = [];
  let rest = bytes.length - 127;
  if (rest < 0) length.push(bytes.length);
  else {
    length.push(127);
    for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
