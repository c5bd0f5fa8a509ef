// The kinds of values a field may have: how each is read from JSON and how it is written to it.
import { WIRE } from "../protobuf/wire.ts";
import type { Writer } from "../protobuf/writer.ts";
import {
  copyFixed64,
  INT32_RANGE,
  INT64_RANGE,
  readInteger,
  UINT32_RANGE,
  UINT64_RANGE,
} from "./integers.ts";
import { copyBase64, copyId, readDouble } from "./scalars.ts";
import type { JsonSource } from "./source.ts";
import * as text from "./text.ts";

/** A kind of value. `Writer`s are given with room for the twenty bytes that numbers take at most. */
export interface Kind {
  readonly wire: (typeof WIRE)[keyof typeof WIRE];
  /** Writes the JSON value that is next as protobuf, without its tag. */
  fromJson(source: JsonSource, out: Writer): void;
  /** Writes the protobuf value in `buf[start, stop)` as JSON. */
  toJson(buf: Buffer, start: number, stop: number, out: Writer): void;
  /** Of a varint's 64 bits only the low 32 count. */
  readonly narrow?: boolean;
  /** Ids of nothing but zeros are no ids. */
  readonly zeroIsEmpty?: boolean;
}

export const STRING: Kind = {
  wire: WIRE.bytes,
  fromJson: (source, out) => source.copyString(out),
  toJson: text.writeString,
};

export const BYTES: Kind = { wire: WIRE.bytes, fromJson: copyBase64, toJson: text.writeBase64 };

export const BOOL: Kind = {
  wire: WIRE.varint,
  fromJson(source, out) {
    out.buf[out.pos++] = source.bool() ? 1 : 0;
  },
  toJson: text.writeBool,
};

export const INT32: Kind = {
  wire: WIRE.varint,
  fromJson: (source, out) => out.rawVarint64(readInteger(source, INT32_RANGE)),
  toJson: text.writeInt32,
  narrow: true,
};

export const UINT32: Kind = {
  wire: WIRE.varint,
  fromJson: (source, out) => out.rawVarint(Number(readInteger(source, UINT32_RANGE))),
  toJson: text.writeUint32,
  narrow: true,
};

export const SINT32: Kind = {
  wire: WIRE.varint,
  fromJson(source, out) {
    const value = Number(readInteger(source, INT32_RANGE));
    out.rawVarint(((value << 1) ^ (value >> 31)) >>> 0);
  },
  toJson: text.writeSint32,
  narrow: true,
};

export const INT64: Kind = {
  wire: WIRE.varint,
  fromJson: (source, out) => out.rawVarint64(readInteger(source, INT64_RANGE)),
  toJson: text.writeInt64,
};

export const UINT64: Kind = {
  wire: WIRE.varint,
  fromJson: (source, out) => out.rawVarint64(readInteger(source, UINT64_RANGE)),
  toJson: text.writeUint64,
};

export const FIXED32: Kind = {
  wire: WIRE.fixed32,
  fromJson(source, out) {
    out.view.setUint32(out.pos, Number(readInteger(source, UINT32_RANGE)), true);
    out.pos += 4;
  },
  toJson: text.writeFixed32,
};

export const FIXED64: Kind = { wire: WIRE.fixed64, fromJson: copyFixed64, toJson: text.writeFixed64 };

export const SFIXED64: Kind = {
  wire: WIRE.fixed64,
  fromJson: (source, out) => out.rawFixed64(readInteger(source, INT64_RANGE)),
  toJson: text.writeSfixed64,
};

export const DOUBLE: Kind = {
  wire: WIRE.fixed64,
  fromJson: (source, out) => out.rawDouble(readDouble(source)),
  toJson: text.writeDouble,
};

export const TRACE_ID: Kind = idKind(16);
export const SPAN_ID: Kind = idKind(8);

function idKind(size: 8 | 16): Kind {
  return {
    wire: WIRE.bytes,
    fromJson: (source, out) => copyId(source, out, size),
    toJson: (buf, start, stop, out) => text.writeId(buf, start, stop, out, size),
    zeroIsEmpty: true,
  };
}

/** An enum: in JSON its number, or one of `names` behind `prefix`, numbered from 0. */
export function enumKind(prefix: string, names: readonly string[]): Kind {
  const numbers = new Map(names.map((name, number) => [prefix + name, number]));
  return {
    ...INT32,
    fromJson(source, out) {
      if (source.peek() !== 0x22) {
        INT32.fromJson(source, out);
        return;
      }
      source.string();
      const name = source.text();
      out.rawVarint(numbers.get(name) ?? source.fail(`unknown value ${JSON.stringify(name)}`));
    },
  };
}
