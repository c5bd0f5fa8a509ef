// Hot path: reads JSON in place, byte by byte. Strings go to protobuf without ever being JavaScript strings.
import type { Writer } from "../protobuf/writer.ts";
import { copyEscape } from "./escape.ts";
import { hashByte } from "./fields.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Deeper than any document of ours, shallow enough for the stack. */
const MAX_SKIPPED_NESTING = 500;

/** JSON that is not well-formed, or not what the field takes; the decoder adds where. */
export class JsonFault extends Error {}

/** The position in a JSON document, and what can be read there. Every method throws JsonFault. */
export class JsonSource {
  /** Must be valid UTF-8. */
  readonly buf: Buffer;
  readonly end: number;
  at = 0;
  /** Where the last token's text begins and ends: a number, or a string without its quotes. */
  start = 0;
  stop = 0;
  /** The hash of the last key. */
  hash = 0;

  constructor(buf: Buffer) {
    this.buf = buf;
    this.end = buf.length;
  }

  /** The next byte that is not a blank; -1 at the end. */
  peek(): number {
    const { buf, end } = this;
    for (; this.at < end; this.at++) {
      const byte = buf[this.at]!;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return byte;
    }
    return -1;
  }

  fail(problem: string): never {
    throw new JsonFault(problem);
  }

  /** Says what was expected and what stands there. */
  unexpected(expected: string): never {
    const byte = this.peek();
    if (byte < 0) this.fail(`expected ${expected}, found the end`);
    this.fail(`expected ${expected}, found ${JSON.stringify(String.fromCharCode(byte))}`);
  }

  expect(byte: number): void {
    if (this.peek() !== byte) this.unexpected(JSON.stringify(String.fromCharCode(byte)));
    this.at++;
  }

  /** Steps over `byte` if it is next. */
  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  /** Steps over `null` if it is next. */
  takeNull(): boolean {
    if (this.peek() !== 0x6e) return false;
    this.#literal("null");
    return true;
  }

  bool(): boolean {
    const byte = this.peek();
    if (byte !== 0x74 && byte !== 0x66) this.unexpected("true or false");
    this.#literal(byte === 0x74 ? "true" : "false");
    return byte === 0x74;
  }

  /** Reads a key and its colon. Its text is `buf[start, stop)`; false when it has escapes, which text() resolves. */
  key(): boolean {
    if (this.peek() !== QUOTE) this.unexpected("a key");
    const plain = this.#scanKey();
    this.expect(0x3a);
    return plain;
  }

  /** Writes the string that is next, with its length before it. */
  copyString(out: Writer): void {
    if (this.peek() !== QUOTE) this.unexpected("a string");
    this.at++;
    out.reserve(this.end - this.at + 8); // A string never grows on its way from JSON to UTF-8.
    const start = out.open();
    while (this.#copyRun(out) === BACKSLASH) copyEscape(this, out);
    out.close(start);
  }

  /** Reads a string without resolving escapes: `buf[start, stop)`; false when it has some. */
  string(): boolean {
    if (this.peek() !== QUOTE) this.unexpected("a string");
    const { buf, end } = this;
    let plain = true;
    let at = ++this.at;
    this.start = at;
    for (; at < end && buf[at] !== QUOTE; at++) {
      if (buf[at]! < 0x20) this.fail("control character in a string");
      if (buf[at] !== BACKSLASH) continue;
      plain = false;
      at++;
    }
    if (at >= end) this.fail("a string without an end");
    this.stop = at;
    this.at = at + 1;
    return plain;
  }

  /** Reads a number, bare or in quotes, as the token `buf[start, stop)`; false when it is something else. */
  number(): boolean {
    if (this.peek() === QUOTE) return this.string();
    const { buf, end } = this;
    this.start = this.at;
    for (; this.at < end; this.at++) {
      const byte = buf[this.at]!;
      const digit = byte >= 0x30 && byte <= 0x39;
      if (!digit && byte !== 0x2d && byte !== 0x2b && byte !== 0x2e && (byte | 0x20) !== 0x65) break;
    }
    this.stop = this.at;
    return this.stop > this.start;
  }

  /** The last token; a string's with its escapes resolved. */
  text(): string {
    const raw = this.buf.toString("utf8", this.start, this.stop);
    if (!raw.includes("\\")) return raw;
    try {
      return JSON.parse(`"${raw}"`);
    } catch {
      return this.fail("wrong escape in a string");
    }
  }

  /** Steps over any value. */
  skip(depth = 0): void {
    if (depth > MAX_SKIPPED_NESTING) this.fail(`nested over ${MAX_SKIPPED_NESTING} levels deep`);
    const byte = this.peek();
    if (byte === 0x7b) this.#skipAll(0x7d, depth);
    else if (byte === 0x5b) this.#skipAll(0x5d, depth);
    else if (byte === QUOTE) this.string();
    else if (byte === 0x74 || byte === 0x66) this.bool();
    else if (!this.takeNull() && !this.number()) this.unexpected("a value");
  }

  #skipAll(close: number, depth: number): void {
    this.at++;
    if (this.take(close)) return;
    do {
      if (close === 0x7d) this.key();
      this.skip(depth + 1);
    } while (this.take(0x2c));
    this.expect(close);
  }

  #scanKey(): boolean {
    const { buf, end } = this;
    let hash = 0;
    let at = this.at + 1;
    for (; at < end; at++) {
      const byte = buf[at]!;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) return this.string();
      hash = hashByte(hash, byte);
    }
    if (at >= end) this.fail("a key without an end");
    this.start = this.at + 1;
    this.stop = at;
    this.at = at + 1;
    this.hash = hash;
    return true;
  }

  /** Copies up to the next quote or backslash, and gives which. */
  #copyRun(out: Writer): number {
    const { buf, end } = this;
    const to = out.buf;
    let { at } = this;
    let { pos } = out;
    for (; at < end; at++) {
      const byte = buf[at]!;
      if (byte === QUOTE || byte === BACKSLASH) {
        this.at = at + 1;
        out.pos = pos;
        return byte;
      }
      if (byte < 0x20) break;
      to[pos++] = byte;
    }
    return this.fail(at < end ? "control character in a string" : "a string without an end");
  }

  #literal(word: string): void {
    if (this.buf.toString("latin1", this.at, this.at + word.length) !== word) this.unexpected(word);
    this.at += word.length;
  }
}
