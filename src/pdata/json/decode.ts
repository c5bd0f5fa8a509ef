// Hot path: turns OTLP's JSON into its protobuf bytes in one pass, with no objects in between.
import { isUtf8 } from "node:buffer";
import { dataFromBytes } from "../data.ts";
import { MAX_NESTING } from "../decode/common.ts";
import { MalformedError } from "../protobuf/wire.ts";
import { Writer } from "../protobuf/writer.ts";
import type { Signal, SignalData } from "../signal.ts";
import type { Field, Message } from "./fields.ts";
import type { Kind } from "./kinds.ts";
import { ANY_VALUE, REQUESTS } from "./messages.ts";
import { JsonFault, JsonSource } from "./source.ts";

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
/** The most that a tag and a number take. */
const NUMBER_BYTES = 20;

/**
 * Decodes an Export request in OTLP's JSON mapping: names in camelCase or snake_case, 64-bit integers as numbers or
 * strings, enums as numbers or names, ids in hex, bytes in base64; unknown fields are skipped, null is no value. Throws
 * MalformedError that says what is wrong and where.
 */
export function decodeJson<S extends Signal>(signal: S, json: Uint8Array): SignalData[S] {
  return dataFromBytes(signal, jsonToProtobuf(REQUESTS[signal], json));
}

/** The protobuf bytes of one message. Throws MalformedError. */
export function jsonToProtobuf(message: Message, json: Uint8Array): Buffer {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.length);
  return new Decoder(isUtf8(bytes) ? bytes : Buffer.from(bytes.toString("utf8"))).decode(message);
}

class Decoder {
  readonly #source: JsonSource;
  readonly #out: Writer;
  /** The way to where we are, for errors: fields, and positions in those that are repeated; `#depth` of them count. */
  readonly #fields: Field[] = [];
  readonly #positions: number[] = [];
  #depth = 0;
  /** How many values we are in; only they nest without end. */
  #nesting = 0;

  constructor(json: Buffer) {
    this.#source = new JsonSource(json);
    this.#out = new Writer(json.length + NUMBER_BYTES);
  }

  decode(message: Message): Buffer {
    try {
      this.#message(message);
      if (this.#source.peek() >= 0) this.#source.unexpected("the end");
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      throw new MalformedError(`malformed JSON at ${this.#where()}: ${error.message}`);
    }
    return this.#out.take();
  }

  #message(message: Message): void {
    const source = this.#source;
    if (source.takeNull()) return;
    source.expect(OPEN_BRACE);
    if (source.take(CLOSE_BRACE)) return;
    const depth = this.#depth;
    if (message === ANY_VALUE && this.#nesting++ > MAX_NESTING) {
      source.fail(`nested over ${MAX_NESTING} levels deep`);
    }
    do {
      const field = this.#key(message);
      if (!field) source.skip();
      else {
        this.#fields[depth] = field;
        this.#positions[depth] = -1;
        this.#depth = depth + 1;
        if (!source.takeNull()) this.#field(field, depth);
      }
      this.#depth = depth;
    } while (source.take(COMMA));
    source.expect(CLOSE_BRACE);
    if (message === ANY_VALUE) this.#nesting--;
  }

  #key(message: Message): Field | undefined {
    const source = this.#source;
    if (!source.key()) return message.fieldByName(source.text());
    return message.fieldByBytes(source.hash, source.buf, source.start, source.stop);
  }

  #field(field: Field, depth: number): void {
    const { kind, packed } = field;
    if (!field.repeated) {
      this.#single(field);
      return;
    }
    this.#source.expect(OPEN_BRACKET);
    if (this.#source.take(CLOSE_BRACKET)) return;
    if (packed && kind) this.#packed(field, kind, depth);
    else {
      do {
        this.#positions[depth]!++;
        this.#single(field);
      } while (this.#source.take(COMMA));
    }
    this.#source.expect(CLOSE_BRACKET);
  }

  /** One value with its tag. */
  #single({ tag, kind, message }: Field): void {
    const out = this.#out;
    out.reserve(NUMBER_BYTES);
    out.rawVarint(tag);
    if (kind) {
      kind.fromJson(this.#source, out);
      return;
    }
    const start = out.open();
    this.#message(message!);
    out.close(start);
  }

  #packed({ tag }: Field, kind: Kind, depth: number): void {
    const out = this.#out;
    out.reserve(NUMBER_BYTES);
    out.rawVarint(tag);
    const start = out.open();
    do {
      this.#positions[depth]!++;
      out.reserve(NUMBER_BYTES);
      kind.fromJson(this.#source, out);
    } while (this.#source.take(COMMA));
    out.close(start);
  }

  /** `resourceSpans[0].scopeSpans[2].spans[1].traceId (byte 310)` */
  #where(): string {
    const steps = this.#fields.slice(0, this.#depth).map(({ name }, depth) => {
      const position = this.#positions[depth]!;
      return position < 0 ? name : `${name}[${position}]`;
    });
    const byte = `byte ${this.#source.at}`;
    return steps.length > 0 ? `${steps.join(".")} (${byte})` : byte;
  }
}
