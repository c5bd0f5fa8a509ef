// Hot path: what building traces and building metrics have in common: resources, scopes and attributes.
import { isUtf8 } from "node:buffer";
import type { InternedAttribute, InternedKey } from "./keys.ts";
import { varintBytes, Writer } from "./protobuf/writer.ts";
import type { LentBytes, Slabs } from "./slabs.ts";

/** Where the builder stands: each level is inside the ones before it. */
const LEVEL = { none: 0, resource: 1, scope: 2, items: 3, item: 4 } as const;
type Level = (typeof LEVEL)[keyof typeof LEVEL];

/** Field tags of attributes, by the message they are in. */
const ATTRIBUTES = { resource: 0x0a, scope: 0x1a } as const;
const TAG = { resourceX: 0x0a, resource: 0x0a, scopeX: 0x12, scope: 0x0a, schemaUrl: 0x1a } as const;
const ANY = { string: 0x0a, bool: 0x10, int: 0x18, double: 0x21, array: 0x2a } as const;

/** The bytes of a Resource message (attributes and all), kept by producers that meet the same process again and again. */
export type EncodedResource = Uint8Array;

/**
 * Encodes OTLP from front to back: begin a resource, its attributes, begin a scope, its items.
 *
 * Attribute methods add to whatever was begun last. `beginResource` and `beginScope` close what is open on their
 * level, and calls out of order throw. Nothing is allocated per attribute.
 */
export abstract class OtlpBuilder {
  protected readonly out: Writer;
  protected attributesTag = 0;
  protected items = 0;
  #level: Level = LEVEL.none;
  #resourceX = 0;
  #resource = 0;
  #scopeX = 0;
  #scope = 0;

  /** `initialBytes` of buffer, which grows as needed and is kept from one `finish` to the next. */
  constructor(initialBytes = 4096) {
    this.out = new Writer(initialBytes);
  }

  /** Items (spans, data points) begun since the last `finish`. */
  get itemCount(): number {
    return this.items;
  }

  /** Bytes written since the last `finish`. */
  get byteLength(): number {
    return this.out.pos;
  }

  /** Opens a resource; its attributes follow. */
  beginResource(schemaUrl = ""): this {
    this.#openResourceX(schemaUrl);
    this.#resource = this.out.begin(TAG.resource);
    this.attributesTag = ATTRIBUTES.resource;
    this.#level = LEVEL.resource;
    return this;
  }

  /** Opens a resource whose attributes were encoded before; a scope follows. */
  beginEncodedResource(resource: EncodedResource, schemaUrl = ""): this {
    this.#openResourceX(schemaUrl);
    this.out.bytes(TAG.resource, resource);
    this.#resource = 0;
    this.#level = LEVEL.resource;
    return this;
  }

  /** Opens an instrumentation scope; its attributes may follow. */
  beginScope(name: string, version = "", schemaUrl = ""): this {
    if (this.#level === LEVEL.none) throw new Error("begin scope: no resource is open");
    this.#closeScope();
    this.#closeResource();
    const { out } = this;
    this.#scopeX = out.begin(TAG.scopeX);
    if (schemaUrl) out.string(TAG.schemaUrl, schemaUrl);
    this.#scope = out.begin(TAG.scope);
    if (name) out.string(0x0a, name);
    if (version) out.string(0x12, version);
    this.attributesTag = ATTRIBUTES.scope;
    this.#level = LEVEL.scope;
    return this;
  }

  /** An attribute with text. */
  strAttr(key: InternedKey, value: string): this {
    const { out } = this;
    const start = out.pos;
    this.#attributeHeader(key, ANY.string, value.length, 3 * value.length);
    if (out.rawAscii(value)) return this;
    out.pos = start;
    const bytes = Buffer.byteLength(value);
    this.#attributeHeader(key, ANY.string, bytes, bytes);
    out.pos += out.buf.write(value, out.pos, "utf8");
    return this;
  }

  /** An attribute with the text in `source[start, end)`, without making a string; what is not UTF-8 becomes U+FFFD. */
  bytesAttr(key: InternedKey, source: Uint8Array, start = 0, end: number = source.length): this {
    const { out } = this;
    const before = out.pos;
    this.#attributeHeader(key, ANY.string, end - start, end - start);
    if (out.rawCopy(source, start, end) < 0x80 || isUtf8(source.subarray(start, end))) return this;
    out.pos = before;
    return this.strAttr(key, Buffer.from(source.subarray(start, end)).toString("utf8"));
  }

  /** An attribute with an integer; a number must be a safe integer. */
  intAttr(key: InternedKey, value: number | bigint): this {
    const small = typeof value === "number" && value >= 0 && value <= 0x7fff_ffff;
    this.#anyHeader(key, ANY.int, small ? varintBytes(value) : varintBytes64(value));
    this.out.rawVarint64(value);
    return this;
  }

  doubleAttr(key: InternedKey, value: number): this {
    this.#anyHeader(key, ANY.double, 8);
    this.out.rawDouble(value);
    return this;
  }

  boolAttr(key: InternedKey, value: boolean): this {
    this.#anyHeader(key, ANY.bool, 1);
    this.out.rawVarint(value ? 1 : 0);
    return this;
  }

  /** An attribute with a list of texts. */
  strArrayAttr(key: InternedKey, values: readonly string[]): this {
    const { out } = this;
    const attribute = out.begin(this.attributesTag);
    out.reserve(key.encoded.length + 3);
    out.rawEncoded(key.encoded);
    const any = out.begin(0x12);
    const array = out.begin(ANY.array);
    for (const value of values) {
      const element = out.begin(0x0a);
      out.string(ANY.string, value);
      out.end(element);
    }
    out.end(array);
    out.end(any);
    out.end(attribute);
    return this;
  }

  /** An attribute prepared by `internAttribute`. */
  constAttr({ encoded }: InternedAttribute): this {
    const { out } = this;
    out.reserve(encoded.length + 9);
    out.buf[out.pos++] = this.attributesTag;
    out.rawVarint(encoded.length);
    out.rawEncoded(encoded);
    return this;
  }

  /** Goes to the level of items and opens one; `attributesTag` is the item's. */
  protected beginItem(tag: number, attributesTag: number): number {
    if (this.#level < LEVEL.scope) throw new Error("begin item: no scope is open");
    if (this.#level === LEVEL.item) throw new Error("begin item: the one before it was not ended");
    if (this.#level === LEVEL.scope) this.out.end(this.#scope);
    this.#level = LEVEL.item;
    this.attributesTag = attributesTag;
    return this.out.begin(tag);
  }

  protected endItem(start: number): void {
    if (this.#level !== LEVEL.item) throw new Error("end item: none is open");
    this.out.end(start);
    this.#level = LEVEL.items;
  }

  /** Closes everything and returns the bytes of the request; the builder is empty afterwards. */
  protected finishBytes(): Buffer {
    this.#closeResourceX();
    this.items = 0;
    return this.out.take();
  }

  /** The same in lent memory. */
  protected finishLent(slabs: Slabs): LentBytes {
    this.#closeResourceX();
    this.items = 0;
    return slabs.lend(this.out.takeView());
  }

  #openResourceX(schemaUrl: string): void {
    this.#closeResourceX();
    this.#resourceX = this.out.begin(TAG.resourceX);
    if (schemaUrl) this.out.string(TAG.schemaUrl, schemaUrl);
  }

  #closeResourceX(): void {
    if (this.#level === LEVEL.none) return;
    this.#closeScope();
    this.#closeResource();
    this.out.end(this.#resourceX);
    this.#level = LEVEL.none;
  }

  #closeResource(): void {
    if (this.#level === LEVEL.resource && this.#resource !== 0) this.out.end(this.#resource);
  }

  #closeScope(): void {
    if (this.#level < LEVEL.scope) return;
    if (this.#level === LEVEL.item) throw new Error("end scope: an item is still open");
    if (this.#level === LEVEL.scope) this.out.end(this.#scope);
    this.out.end(this.#scopeX);
    this.#level = LEVEL.resource;
    this.#resource = 0;
  }

  /** Everything of an attribute before a text or bytes value of `bytes` bytes, with room for `room` of them. */
  #attributeHeader(key: InternedKey, kind: number, bytes: number, room: number): void {
    const { out } = this;
    const { encoded } = key;
    const anyLength = 1 + varintBytes(bytes) + bytes;
    out.reserve(encoded.length + room + 24);
    out.buf[out.pos++] = this.attributesTag;
    out.rawVarint(encoded.length + 1 + varintBytes(anyLength) + anyLength);
    out.rawEncoded(encoded);
    out.buf[out.pos++] = 0x12;
    out.rawVarint(anyLength);
    out.buf[out.pos++] = kind;
    out.rawVarint(bytes);
  }

  /** Everything of an attribute before a scalar value of `bytes` bytes. */
  #anyHeader({ encoded }: InternedKey, kind: number, bytes: number): void {
    const { out } = this;
    out.reserve(encoded.length + 24);
    out.buf[out.pos++] = this.attributesTag;
    out.rawVarint(encoded.length + 3 + bytes);
    out.rawEncoded(encoded);
    out.buf[out.pos++] = 0x12;
    out.rawVarint(1 + bytes);
    out.buf[out.pos++] = kind;
  }
}

function varintBytes64(value: number | bigint): number {
  let rest = BigInt.asUintN(64, BigInt(value));
  let bytes = 1;
  for (; rest > 0x7fn; rest >>= 7n) bytes++;
  return bytes;
}
