// Hot path: turns OTLP's protobuf bytes into its JSON, bytes to bytes, in the order and shape the Collector writes.
import { MAX_NESTING } from "../decode/common.ts";
import { Reader } from "../protobuf/reader.ts";
import { MalformedError, WIRE } from "../protobuf/wire.ts";
import { Writer } from "../protobuf/writer.ts";
import type { Signal, SignalData } from "../signal.ts";
import type { Field, Message } from "./fields.ts";
import type { Kind } from "./kinds.ts";
import { ANY_VALUE, REQUESTS } from "./messages.ts";
import { readVarint } from "./varint.ts";

/** The most that a number takes, with quotes, and a comma. */
const NUMBER_BYTES = 32;
const BRACE = [0x7b, 0x7d] as const;
const BRACKET = [0x5b, 0x5d] as const;
const COMMA = 0x2c;
const NONE = -1;

/**
 * Encodes an Export request in OTLP's JSON mapping, as UTF-8. Fields that are not known are left out: JSON has no place
 * for them. Throws MalformedError.
 */
export function encodeJson<S extends Signal>(data: SignalData[S]): Buffer {
  return protobufToJson(REQUESTS[data.signal], data.bytes());
}

/** The JSON of one message. Throws MalformedError. */
export function protobufToJson(message: Message, bytes: Uint8Array): Buffer {
  return new Encoder(bytes).encode(message);
}

/**
 * Fields come in any order, and JSON has them in that of the table: each message is walked once to note where its fields
 * are, and written from these notes. The notes of all open messages are in one list of numbers.
 */
class Encoder {
  readonly #buf: Buffer;
  readonly #out: Writer;
  /** Of each open message: the first and the last occurrence of each field; then of each occurrence its start, stop and successor. */
  readonly #notes: number[] = [];
  /** Where the notes end; the list never shrinks, since that is slow. */
  #top = 0;
  #nesting = 0;

  constructor(bytes: Uint8Array) {
    this.#buf = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#out = new Writer(2 * bytes.length + 256);
  }

  encode(message: Message): Buffer {
    this.#noteRange(0, this.#buf.length);
    this.#message(message, 0);
    return this.#out.take();
  }

  /** Writes the message at `occurrence` and its successors, which protobuf has as one. */
  #message(message: Message, occurrence: number): void {
    if (message === ANY_VALUE && this.#plainValue(occurrence)) return;
    if (message === ANY_VALUE && this.#nesting++ > MAX_NESTING) {
      throw new MalformedError(`malformed value: nested over ${MAX_NESTING} levels deep`);
    }
    const base = this.#top;
    const chosen = this.#note(message, occurrence, base);
    const out = this.#out;
    out.reserve(NUMBER_BYTES);
    out.buf[out.pos++] = BRACE[0];
    let comma = false;
    for (const field of message.fields) {
      if (field.choice && field.index !== chosen) continue;
      if (!this.#isShown(field, base)) continue;
      this.#label(field, comma);
      this.#field(field, base);
      comma = true;
    }
    out.reserve(NUMBER_BYTES);
    out.buf[out.pos++] = BRACE[1];
    this.#top = base;
    if (message === ANY_VALUE) this.#nesting--;
  }

  /** Writes a value of one field that is no message, as most are, without notes; false when it is another. */
  #plainValue(occurrence: number): boolean {
    const stop = this.#notes[occurrence + 1]!;
    if (this.#notes[occurrence + 2] !== NONE) return false;
    const reader = new Reader(this.#buf, this.#notes[occurrence], stop);
    if (!reader.next() || reader.stop !== stop) return false;
    const field = ANY_VALUE.fieldByNumber(reader.field);
    if (!field?.kind) return false;
    checkWire(field, reader);
    const out = this.#out;
    out.reserve(NUMBER_BYTES);
    out.buf[out.pos++] = BRACE[0];
    this.#label(field, false);
    field.kind.toJson(this.#buf, reader.start, reader.stop, out);
    out.reserve(NUMBER_BYTES);
    out.buf[out.pos++] = BRACE[1];
    return true;
  }

  /** Notes where the fields of a message are; gives the index of the last of its one-of. */
  #note(message: Message, occurrence: number, base: number): number {
    const notes = this.#notes;
    for (let i = message.fields.length * 2; i > 0; i--) notes[this.#top++] = NONE;
    let chosen = NONE;
    for (let each = occurrence; each !== NONE; each = notes[each + 2]!) {
      const reader = new Reader(this.#buf, notes[each]!, notes[each + 1]!);
      while (reader.next()) {
        const field = message.fieldByNumber(reader.field);
        if (!field) continue;
        checkWire(field, reader);
        if (field.choice) chosen = field.index;
        this.#noteOccurrence(base + 2 * field.index, reader);
      }
    }
    return chosen;
  }

  /** Adds an occurrence to those of the field whose first and last are noted at `first`. */
  #noteOccurrence(first: number, { start, stop }: Reader): void {
    const notes = this.#notes;
    const last = notes[first + 1]!;
    if (last === NONE) notes[first] = this.#top;
    else notes[last + 2] = this.#top;
    notes[first + 1] = this.#top;
    this.#noteRange(start, stop);
  }

  #noteRange(start: number, stop: number): void {
    this.#notes[this.#top++] = start;
    this.#notes[this.#top++] = stop;
    this.#notes[this.#top++] = NONE;
  }

  #isShown(field: Field, base: number): boolean {
    if (field.presence === "always") return true;
    const last = this.#notes[base + 2 * field.index + 1]!;
    if (last === NONE) return false;
    if (field.presence === "explicit" || (field.repeated && !field.packed)) return true;
    if (field.packed) return this.#hasNumbers(this.#notes[base + 2 * field.index]!);
    return !isDefault(field, this.#buf, this.#notes[last]!, this.#notes[last + 1]!);
  }

  /** Whether any of the runs that begin with `first` has numbers in it. */
  #hasNumbers(first: number): boolean {
    for (let each = first; each !== NONE; each = this.#notes[each + 2]!) {
      if (this.#notes[each] !== this.#notes[each + 1]) return true;
    }
    return false;
  }

  #label({ label }: Field, comma: boolean): void {
    const out = this.#out;
    out.reserve(NUMBER_BYTES + label.length);
    if (comma) out.buf[out.pos++] = COMMA;
    out.rawEncoded(label);
  }

  #field(field: Field, base: number): void {
    const first = this.#notes[base + 2 * field.index]!;
    if (field.repeated) this.#list(field, first);
    else if (field.message && !field.choice) this.#message(field.message, first);
    else this.#value(field, this.#notes[base + 2 * field.index + 1]!);
  }

  #list(field: Field, first: number): void {
    const out = this.#out;
    out.buf[out.pos++] = BRACKET[0];
    let comma = false;
    for (let each = first; each !== NONE; each = this.#notes[each + 2]!) {
      if (field.packed) comma = this.#packed(field.kind!, each, comma);
      else {
        if (comma) this.#comma();
        this.#element(field, each);
        comma = true;
      }
    }
    out.reserve(NUMBER_BYTES);
    out.buf[out.pos++] = BRACKET[1];
  }

  /** An element of a list is a message of its own: its successor is the next element. */
  #element(field: Field, occurrence: number): void {
    const next = this.#notes[occurrence + 2]!;
    this.#notes[occurrence + 2] = NONE;
    this.#value(field, occurrence);
    this.#notes[occurrence + 2] = next;
  }

  #value({ kind, message }: Field, occurrence: number): void {
    const out = this.#out;
    out.reserve(NUMBER_BYTES);
    if (kind) kind.toJson(this.#buf, this.#notes[occurrence]!, this.#notes[occurrence + 1]!, out);
    else this.#message(message!, occurrence);
  }

  /** A run of numbers, or one number that was not packed, which is the same; gives whether a comma must follow. */
  #packed(kind: Kind, occurrence: number, comma: boolean): boolean {
    const start = this.#notes[occurrence]!;
    const stop = this.#notes[occurrence + 1]!;
    for (let at = start; at < stop; ) {
      if (comma || at > start) this.#comma();
      const end = valueEnd(kind, this.#buf, at, stop);
      this.#out.reserve(NUMBER_BYTES);
      kind.toJson(this.#buf, at, end, this.#out);
      at = end;
    }
    return comma || stop > start;
  }

  #comma(): void {
    const out = this.#out;
    out.reserve(NUMBER_BYTES);
    out.buf[out.pos++] = COMMA;
  }
}

function checkWire({ tag, kind, packed }: Field, reader: Reader): void {
  if (reader.wire === (tag & 7) || (packed && reader.wire === kind!.wire)) return;
  reader.expect(tag & 7);
}

/** Whether a value is what the field has when it is absent. */
function isDefault({ kind }: Field, buf: Uint8Array, start: number, stop: number): boolean {
  if (start === stop) return true;
  if (kind!.wire === WIRE.bytes && !kind!.zeroIsEmpty) return false;
  if (kind!.wire === WIRE.varint) {
    const { lo, hi } = readVarint(buf, start, stop);
    return lo === 0 && (hi === 0 || kind!.narrow === true);
  }
  for (let at = start; at < stop; at++) if (buf[at] !== 0) return false;
  return true;
}

function valueEnd({ wire }: Kind, buf: Uint8Array, start: number, stop: number): number {
  let end = start + 8;
  if (wire === WIRE.varint) {
    end = start;
    while (end < stop && buf[end]! >= 0x80) end++;
    end++;
  }
  if (end <= stop && end - start <= 10) return end;
  throw new MalformedError(`malformed protobuf: a packed value at byte ${start} runs past its end`);
}
