// Hot path: one message of a request, read and changed in place of being decoded.
import { type AnyValue, readAnyValue } from "../decode/common.ts";
import { Reader } from "../protobuf/reader.ts";
import type { RunWriter } from "../protobuf/run-writer.ts";
import { AttributesEditor } from "./attributes-editor.ts";

/** A resource, scope, span, log record, metric or data point. Fields are given by their number in OTLP's proto files. */
export class MessageEditor {
  readonly #attributes = new AttributesEditor();
  readonly #texts = new Map<number, string>();
  #buf: Uint8Array = new Uint8Array();
  #start = 0;
  #end = 0;
  #attributesField = 0;
  #indexed = false;

  /** Begins with the message in `buf[start, end)`. */
  load(buf: Uint8Array, start: number, end: number, attributesField: number): void {
    this.#buf = buf;
    this.#start = start;
    this.#end = end;
    this.#attributesField = attributesField;
    this.#indexed = false;
    if (this.#texts.size > 0) this.#texts.clear();
  }

  get attributes(): AttributesEditor {
    if (!this.#indexed) {
      this.#attributes.load(this.#buf, this.#start, this.#end, this.#attributesField);
      this.#indexed = true;
    }
    return this.#attributes;
  }

  get changed(): boolean {
    return this.#texts.size > 0 || (this.#indexed && this.#attributes.changed);
  }

  /** A string field; empty when absent. */
  text(field: number): string {
    return this.#texts.get(field) ?? this.#find(field)?.string() ?? "";
  }

  setText(field: number, text: string): void {
    this.#texts.set(field, text);
  }

  /** An enum or uint32 field; 0 when absent. */
  uint32(field: number): number {
    return this.#find(field)?.uint32() ?? 0;
  }

  /** A bytes field, not copied; empty when absent. */
  bytes(field: number): Uint8Array {
    return this.#find(field)?.bytes() ?? NO_BYTES;
  }

  /** An AnyValue field, such as a log record's body. */
  value(field: number): AnyValue {
    const reader = this.#find(field);
    return reader ? readAnyValue(reader.message()) : undefined;
  }

  /** Writes the message as a field of another, with what was changed in it. Of a field that is set, the last one counts. */
  write(tag: number, out: RunWriter): void {
    const start = out.begin(tag);
    this.attributes.write(this.#start, this.#end, (this.#attributesField << 3) | 2, out);
    for (const [field, text] of this.#texts) out.writer.string((field << 3) | 2, text);
    out.end(start);
  }

  /** A reader at the last occurrence of `field`, which is the one that counts. */
  #find(field: number): Reader | undefined {
    const reader = new Reader(this.#buf, this.#start, this.#end);
    let tagStart = -1;
    let stop = 0;
    while (reader.next()) {
      if (reader.field !== field) continue;
      tagStart = reader.tagStart;
      stop = reader.stop;
    }
    if (tagStart < 0) return undefined;
    const found = new Reader(this.#buf, tagStart, stop);
    found.next();
    return found;
  }
}

const NO_BYTES = new Uint8Array();
