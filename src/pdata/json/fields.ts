// What JSON and protobuf have to know of a message: its fields, by name and by number. One description serves both ways.
import { type EncodedBytes, toEncoded } from "../protobuf/encoded.ts";
import type { Kind } from "./kinds.ts";

/**
 * When a field is written to JSON. `implicit`: unless it has its type's default. `explicit`: when it is there at all.
 * `always`: even when it is not, as the Collector does with the messages it has by value.
 */
export type Presence = "implicit" | "explicit" | "always";

/** How a field is declared in the tables of `messages.ts`. */
export interface Declaration {
  readonly number: number;
  readonly type: Kind | Message;
  readonly repeated?: boolean;
  readonly presence?: Presence;
  /** Part of the message's one-of, of which the last one counts. */
  readonly choice?: boolean;
}

/** A field of a message. */
export interface Field {
  /** In camelCase. */
  readonly name: string;
  readonly number: number;
  /** Position in the message's `fields`. */
  readonly index: number;
  /** The number and the wire type of its values, as protobuf writes them; packed when repeated numbers. */
  readonly tag: number;
  /** Of its single values; undefined for a message. */
  readonly kind: Kind | undefined;
  readonly message: Message | undefined;
  readonly repeated: boolean;
  readonly packed: boolean;
  readonly presence: Presence;
  readonly choice: boolean;
  /** `"name":` as bytes. */
  readonly label: EncodedBytes;
}

const LENGTH_DELIMITED = 2;

/** A message: fields in the order in which JSON has them. */
export class Message {
  readonly name: string;
  fields: readonly Field[] = [];
  #byNumber: (Field | undefined)[] = [];
  readonly #byName = new Map<string, Field>();
  /** Open-addressed hash table of the names' bytes; a key of the document is found without making a string of it. */
  #keys: readonly (Key | undefined)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Declares the fields; once, after the messages they name exist. */
  define(declarations: Readonly<Record<string, Declaration>>): this {
    this.fields = Object.entries(declarations).map(([name, declaration], index) =>
      toField(name, declaration, index),
    );
    this.#byNumber = new Array(Math.max(...this.fields.map(({ number }) => number)) + 1).fill(undefined);
    for (const field of this.fields) {
      this.#byNumber[field.number] = field;
      for (const name of [field.name, snakeCase(field.name)]) this.#byName.set(name, field);
    }
    this.#keys = hashTable(this.#byName);
    return this;
  }

  fieldByNumber(number: number): Field | undefined {
    return this.#byNumber[number];
  }

  /** The field called `name`, in camelCase or snake_case. */
  fieldByName(name: string): Field | undefined {
    return this.#byName.get(name);
  }

  /** The field whose name is `buf[start, stop)`; `hash` is `hashByte` folded over these bytes. */
  fieldByBytes(hash: number, buf: Uint8Array, start: number, stop: number): Field | undefined {
    const keys = this.#keys;
    const mask = keys.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const key = keys[slot];
      if (!key) return undefined;
      if (key.hash === hash && sameBytes(key.bytes, buf, start, stop)) return key.field;
    }
  }
}

interface Key {
  readonly hash: number;
  readonly bytes: Uint8Array;
  readonly field: Field;
}

/** One step of the hash of a name; begins at 0. */
export function hashByte(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

function toField(name: string, declaration: Declaration, index: number): Field {
  const { number, type, repeated = false, presence = "implicit", choice = false } = declaration;
  const message = type instanceof Message ? type : undefined;
  const kind = type instanceof Message ? undefined : type;
  const packed = repeated && kind !== undefined && kind.wire !== LENGTH_DELIMITED;
  const wire = packed || !kind ? LENGTH_DELIMITED : kind.wire;
  const label = toEncoded(Buffer.from(`${JSON.stringify(name)}:`));
  const tag = (number << 3) | wire;
  return { name, number, index, tag, kind, message, repeated, packed, presence, choice, label };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A table of a power of two that is at most a quarter full, so that a search always ends, and soon. */
function hashTable(fields: ReadonlyMap<string, Field>): (Key | undefined)[] {
  const size = 2 ** Math.ceil(Math.log2(4 * fields.size + 4));
  const table: (Key | undefined)[] = new Array(size).fill(undefined);
  for (const [name, field] of fields) {
    const bytes = Buffer.from(name);
    const hash = bytes.reduce(hashByte, 0);
    let slot = hash & (size - 1);
    while (table[slot]) slot = (slot + 1) & (size - 1);
    table[slot] = { hash, bytes, field };
  }
  return table;
}

function sameBytes(bytes: Uint8Array, buf: Uint8Array, start: number, stop: number): boolean {
  if (bytes.length !== stop - start) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== buf[start + i]) return false;
  return true;
}
