// A request as a persistent queue stores it: the OTLP bytes, and what came with them.
import type { ClientInfo } from "../../consumer/index.ts";
import { type FieldTable, readFields } from "../../pdata/decode/message.ts";
import { dataFromBytes, type Signal } from "../../pdata/index.ts";
import { Reader } from "../../pdata/protobuf/reader.ts";
import { Writer } from "../../pdata/protobuf/writer.ts";
import type { Request } from "./batcher.ts";

/** Encodes a request as a protobuf message; the OTLP bytes are its last field and copied once. */
export function encodeRequest<S extends Signal>({ data, client }: Request<S>): Buffer {
  const out = new Writer(256);
  if (client) writeClient(out, client);
  out.append(Uint8Array.of(0x0a)); // Field 1, bytes.
  out.rawVarint(data.byteLength);
  return Buffer.concat([out.take(), ...data.chunks]);
}

/** The request in `stored`, whose bytes it shares. Throws MalformedError. */
export function decodeRequest<S extends Signal>(signal: S, stored: Uint8Array): Request<S> {
  const fields = readFields<Stored>(new Reader(stored), { ...NOTHING }, STORED);
  const client = fields.client ? toClient(fields.client) : undefined;
  return { data: dataFromBytes(signal, fields.data), client };
}

function writeClient(out: Writer, { address, metadata }: ClientInfo): void {
  const client = out.begin(0x12);
  if (address !== undefined) out.string(0x0a, address);
  for (const [key, values] of metadata) {
    const entry = out.begin(0x12);
    out.string(0x0a, key);
    for (const value of values) out.string(0x12, value);
    out.end(entry);
  }
  out.end(client);
}

interface Stored {
  readonly data: Uint8Array;
  readonly client: Reader | undefined;
}

const NOTHING: Stored = { data: new Uint8Array(), client: undefined };

const STORED: FieldTable<Stored> = {
  1: (into, field) => {
    into.data = field.bytes();
  },
  2: (into, field) => {
    into.client = field.message();
  },
};

function toClient(message: Reader): ClientInfo {
  const metadata = new Map<string, readonly string[]>();
  const table: FieldTable<{ address: string | undefined }> = {
    1: (into, field) => {
      into.address = field.string();
    },
    2: (_into, field) => {
      const { key, values } = readFields(field.message(), { key: "", values: [] as string[] }, ENTRY);
      metadata.set(key, values);
    },
  };
  const { address } = readFields(message, { address: undefined as string | undefined }, table);
  return { address, metadata };
}

const ENTRY: FieldTable<{ readonly key: string; readonly values: string[] }> = {
  1: (into, field) => {
    into.key = field.string();
  },
  2: (into, field) => {
    into.values.push(field.string());
  },
};
