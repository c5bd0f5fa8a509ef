// Decodes what all signals share: attribute values, attributes, resources, scopes.
import { Reader } from "../protobuf/reader.ts";
import { MalformedError } from "../protobuf/wire.ts";
import { type FieldTable, type Mutable, readFields } from "./message.ts";

/**
 * An attribute's value: int64 as bigint, double as number, bytes as Uint8Array, undefined when empty.
 * The bytes are not copied.
 */
export type AnyValue =
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | readonly AnyValue[]
  | KeyValueList
  | undefined;

/** A map as a value; keys in the order they were sent. */
export interface KeyValueList {
  readonly entries: Attributes;
}

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** In the order they were sent; nothing says that keys are unique. */
export type Attributes = readonly KeyValue[];

export interface EntityRef {
  readonly schemaUrl: string;
  readonly type: string;
  readonly idKeys: readonly string[];
  readonly descriptionKeys: readonly string[];
}

export interface Resource {
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
  readonly entityRefs: readonly EntityRef[];
}

/** An instrumentation scope. */
export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly droppedAttributesCount: number;
}

/** ResourceSpans, ResourceMetrics or ResourceLogs. */
export interface ResourceItems<T> {
  readonly resource: Resource;
  readonly schemaUrl: string;
  readonly scopes: readonly ScopeItems<T>[];
}

/** ScopeSpans, ScopeMetrics or ScopeLogs. */
export interface ScopeItems<T> {
  readonly scope: Scope;
  readonly schemaUrl: string;
  readonly items: readonly T[];
}

/** Deep enough for any real value, shallow enough for the stack; protobuf implementations use the same. */
export const MAX_NESTING = 100;

/** The value of the first attribute called `key`. */
export function attribute(attributes: Attributes, key: string): AnyValue {
  return attributes.find((each) => each.key === key)?.value;
}

/** Attributes as a plain object; of equal keys the last wins. */
export function toObject(attributes: Attributes): Record<string, AnyValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}

/** Decodes the three levels every signal has; `readItem` decodes the lowest. */
export function decodeItems<T>(bytes: Uint8Array, readItem: (message: Reader) => T): ResourceItems<T>[] {
  const reader = new Reader(bytes);
  const groups: ResourceItems<T>[] = [];
  while (reader.next()) if (reader.field === 1) groups.push(readResourceItems(reader.message(), readItem));
  return groups;
}

function readResourceItems<T>(reader: Reader, readItem: (message: Reader) => T): ResourceItems<T> {
  const scopes: ScopeItems<T>[] = [];
  let resource = emptyResource();
  let schemaUrl = "";
  while (reader.next()) {
    if (reader.field === 1) resource = readFields(reader.message(), resource, RESOURCE);
    else if (reader.field === 2) scopes.push(readScopeItems(reader.message(), readItem));
    else if (reader.field === 3) schemaUrl = reader.string();
  }
  return { resource, schemaUrl, scopes };
}

function readScopeItems<T>(reader: Reader, readItem: (message: Reader) => T): ScopeItems<T> {
  const items: T[] = [];
  let scope: Scope = { name: "", version: "", attributes: [], droppedAttributesCount: 0 };
  let schemaUrl = "";
  while (reader.next()) {
    if (reader.field === 1) scope = readFields(reader.message(), scope, SCOPE);
    else if (reader.field === 2) items.push(readItem(reader.message()));
    else if (reader.field === 3) schemaUrl = reader.string();
  }
  return { scope, schemaUrl, items };
}

function emptyResource(): Resource {
  return { attributes: [], droppedAttributesCount: 0, entityRefs: [] };
}

/** Adds the attribute `field` is at to those read so far. */
export function pushAttribute(attributes: Attributes, field: Reader, depth = 0): void {
  (attributes as KeyValue[]).push(readKeyValue(field.message(), depth));
}

/** Decodes an AnyValue message. */
export function readAnyValue(reader: Reader, depth = 0): AnyValue {
  if (depth > MAX_NESTING)
    throw new MalformedError(`malformed value: nested over ${MAX_NESTING} levels deep`);
  let value: AnyValue;
  while (reader.next()) {
    const read = ANY_VALUE[reader.field];
    if (read) value = read(reader, depth + 1);
  }
  return value;
}

function readKeyValue(reader: Reader, depth: number): KeyValue {
  let key = "";
  let value: AnyValue;
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = readAnyValue(reader.message(), depth);
  }
  return { key, value };
}

/** AnyValue's one-of; field 8 points into the string table that only profiles have. */
const ANY_VALUE: Readonly<Record<number, (field: Reader, depth: number) => AnyValue>> = {
  1: (field) => field.string(),
  2: (field) => field.bool(),
  3: (field) => field.int64(),
  4: (field) => field.double(),
  5: (field, depth) => readArray(field.message(), depth),
  6: (field, depth) => readKeyValueList(field.message(), depth),
  7: (field) => field.bytes(),
};

function readArray(reader: Reader, depth: number): AnyValue[] {
  const values: AnyValue[] = [];
  while (reader.next()) if (reader.field === 1) values.push(readAnyValue(reader.message(), depth));
  return values;
}

function readKeyValueList(reader: Reader, depth: number): KeyValueList {
  const entries: KeyValue[] = [];
  while (reader.next()) if (reader.field === 1) pushAttribute(entries, reader, depth);
  return { entries };
}

const RESOURCE: FieldTable<Resource> = {
  1: (into, field) => pushAttribute(into.attributes, field),
  2: (into, field) => {
    into.droppedAttributesCount = field.uint32();
  },
  3: (into, field) => {
    const ref: Mutable<EntityRef> = { schemaUrl: "", type: "", idKeys: [], descriptionKeys: [] };
    (into.entityRefs as EntityRef[]).push(readFields(field.message(), ref, ENTITY_REF));
  },
};

const ENTITY_REF: FieldTable<EntityRef> = {
  1: (into, field) => {
    into.schemaUrl = field.string();
  },
  2: (into, field) => {
    into.type = field.string();
  },
  3: (into, field) => {
    (into.idKeys as string[]).push(field.string());
  },
  4: (into, field) => {
    (into.descriptionKeys as string[]).push(field.string());
  },
};

const SCOPE: FieldTable<Scope> = {
  1: (into, field) => {
    into.name = field.string();
  },
  2: (into, field) => {
    into.version = field.string();
  },
  3: (into, field) => pushAttribute(into.attributes, field),
  4: (into, field) => {
    into.droppedAttributesCount = field.uint32();
  },
};
