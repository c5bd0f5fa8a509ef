// Hot path: the attributes of a message as a map that can be changed. Values nobody asks for are not decoded.
import { type AnyValue, readAnyValue } from "../decode/common.ts";
import { Reader } from "../protobuf/reader.ts";
import type { RunWriter } from "../protobuf/run-writer.ts";
import { writeKeyValue } from "./value.ts";

/** A key with its bytes, made once by whoever looks it up many times. */
export interface AttributeKey {
  readonly text: string;
  readonly utf8: Uint8Array;
}

export function attributeKey(text: string): AttributeKey {
  return { text, utf8: Buffer.from(text) };
}

/** One attribute of the message: where it lies in the bytes, and what it becomes. */
interface Entry {
  tagStart: number;
  stop: number;
  keyStart: number;
  keyStop: number;
  /** The AnyValue message; both 0 where there is none. */
  valueStart: number;
  valueStop: number;
  state: "kept" | "set" | "deleted";
  value: AnyValue;
}

/** An attribute that the message did not have. */
interface Added {
  readonly key: AttributeKey;
  value: AnyValue;
}

/** Looks up, sets and deletes the attributes of one message. Of equal keys the first counts, as in the Collector. */
export class AttributesEditor {
  /** Whether anything was set or deleted. */
  changed = false;
  #buf: Uint8Array = new Uint8Array();
  #entries: Entry[] = []; // Kept from message to message; those from `#count` on are leftovers.
  #count = 0;
  #added: Added[] = [];
  /** What was looked for last, since what is looked for is often changed next. */
  #lastKey: AttributeKey | undefined;
  #lastEntry: Entry | undefined;

  /** Begins with the attributes of the message in `buf[start, end)`, which are its field `field`. */
  load(buf: Uint8Array, start: number, end: number, field: number): void {
    this.#buf = buf;
    this.#count = 0;
    this.#lastKey = undefined;
    this.changed = false;
    if (this.#added.length > 0) this.#added = [];
    const reader = new Reader(buf, start, end);
    while (reader.next()) if (reader.field === field) this.#index(reader);
  }

  has(key: AttributeKey): boolean {
    return this.#find(key) !== undefined || this.#findAdded(key) !== undefined;
  }

  /** Undefined when there is no such attribute, and when its value is empty. */
  get(key: AttributeKey): AnyValue {
    const entry = this.#find(key);
    return entry ? this.#valueOf(entry) : this.#findAdded(key)?.value;
  }

  /** Sets the value of an attribute, which is added where it is not there. */
  set(key: AttributeKey, value: AnyValue): void {
    this.changed = true;
    const entry = this.#find(key);
    if (entry) {
      entry.state = "set";
      entry.value = value;
      return;
    }
    const added = this.#findAdded(key);
    if (added) added.value = value;
    else this.#added.push({ key, value });
  }

  delete(key: AttributeKey): void {
    const entry = this.#find(key);
    this.#lastKey = undefined;
    if (entry) entry.state = "deleted";
    if (this.#added.length === 0) {
      if (entry) this.changed = true;
      return;
    }
    const added = this.#added.findIndex((each) => each.key.text === key.text);
    if (added >= 0) this.#added.splice(added, 1);
    if (entry || added >= 0) this.changed = true;
  }

  /** The keys there are, in order. */
  keys(): string[] {
    const keys: string[] = [];
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entries[i]!;
      if (entry.state !== "deleted") keys.push(this.#text(entry.keyStart, entry.keyStop));
    }
    for (const { key } of this.#added) keys.push(key.text);
    return keys;
  }

  /** Writes the message `[start, end)`, what became of its attributes and all. */
  write(start: number, end: number, tag: number, out: RunWriter): void {
    const buf = this.#buf;
    let at = start;
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entries[i]!;
      if (entry.state === "kept") continue;
      if (at < entry.tagStart) out.copy(buf, at, entry.tagStart);
      at = entry.stop;
      if (entry.state === "set")
        writeKeyValue(out.writer, tag, buf.subarray(entry.keyStart, entry.keyStop), entry.value);
    }
    if (at < end) out.copy(buf, at, end);
    for (const { key, value } of this.#added) writeKeyValue(out.writer, tag, key.utf8, value);
  }

  #index(field: Reader): void {
    const entry = this.#nextEntry();
    entry.tagStart = field.tagStart;
    entry.stop = field.stop;
    entry.state = "kept";
    field.expectMessage();
    if (this.#indexShort(entry, field.start, field.stop)) return;
    entry.keyStart = entry.keyStop = entry.valueStart = entry.valueStop = 0;
    const reader = field.message();
    while (reader.next()) {
      if (reader.field === 1) {
        reader.expectMessage();
        entry.keyStart = reader.start;
        entry.keyStop = reader.stop;
      } else if (reader.field === 2) {
        reader.expectMessage();
        entry.valueStart = reader.start;
        entry.valueStop = reader.stop;
      }
    }
  }

  /** The form that encoders give most attributes: a key and a value, each of less than 128 bytes. */
  #indexShort(entry: Entry, start: number, stop: number): boolean {
    const buf = this.#buf;
    const keyStop = start + 2 + buf[start + 1]!;
    const valueLength = buf[keyStop + 1]!;
    if (buf[start] !== 0x0a || buf[start + 1]! >= 0x80 || keyStop + 2 > stop) return false;
    if (buf[keyStop] !== 0x12 || valueLength >= 0x80 || keyStop + 2 + valueLength !== stop) return false;
    entry.keyStart = start + 2;
    entry.keyStop = keyStop;
    entry.valueStart = keyStop + 2;
    entry.valueStop = stop;
    return true;
  }

  #nextEntry(): Entry {
    let entry = this.#entries[this.#count];
    if (!entry) {
      entry = {
        tagStart: 0,
        stop: 0,
        keyStart: 0,
        keyStop: 0,
        valueStart: 0,
        valueStop: 0,
        state: "kept",
        value: undefined,
      };
      this.#entries.push(entry);
    }
    this.#count++;
    return entry;
  }

  #valueOf(entry: Entry): AnyValue {
    if (entry.state === "set") return entry.value;
    return readAnyValue(new Reader(this.#buf, entry.valueStart, entry.valueStop));
  }

  #find(key: AttributeKey): Entry | undefined {
    if (key !== this.#lastKey) {
      this.#lastEntry = this.#search(key);
      this.#lastKey = key;
    }
    return this.#lastEntry;
  }

  #search({ utf8 }: AttributeKey): Entry | undefined {
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entries[i]!;
      if (entry.keyStop - entry.keyStart !== utf8.length || entry.state === "deleted") continue;
      if (this.#matches(entry.keyStart, utf8)) return entry;
    }
    return undefined;
  }

  #matches(at: number, utf8: Uint8Array): boolean {
    const buf = this.#buf;
    for (let i = utf8.length - 1; i >= 0; i--) if (buf[at + i] !== utf8[i]) return false; // Keys differ at their ends.
    return true;
  }

  #findAdded({ text }: AttributeKey): Added | undefined {
    return this.#added.length === 0 ? undefined : this.#added.find(({ key }) => key.text === text);
  }

  #text(start: number, stop: number): string {
    return Buffer.from(this.#buf.buffer, this.#buf.byteOffset + start, stop - start).toString("utf8");
  }
}
