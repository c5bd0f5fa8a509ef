// What one request is in the file: a line of JSON, or a message with its length before it.
import { zstdCompressSync } from "node:zlib";
import { fileNativeCompression } from "../../featuregate/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import { encodeJson } from "../../pdata/json/encode.ts";
import type { FileConfig } from "./config.ts";

const NEWLINE = Buffer.from("\n");

/** Encodes one request as `config` asks for. Throws MalformedError. */
export function toRecord<S extends Signal>(config: FileConfig, data: SignalData[S]): Buffer {
  const message = config.format === "json" ? encodeJson<S>(data) : data.bytes();
  if (config.compression !== "" && !fileNativeCompression.enabled) return prefixed(zstdCompressSync(message));
  return config.format === "json" ? Buffer.concat([message, NEWLINE]) : prefixed(message);
}

/** Turns what goes into a file into one frame of a zstd stream, if that is how the whole file is compressed. */
export function nativeCompression(config: FileConfig): ((bytes: Buffer) => Buffer) | undefined {
  return config.compression !== "" && fileNativeCompression.enabled ? zstdCompressSync : undefined;
}

/** The message behind its length, 4 bytes big-endian. */
function prefixed(message: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(4 + message.length);
  record.writeUInt32BE(message.length);
  record.set(message, 4);
  return record;
}
