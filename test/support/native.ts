// What the tests of the addon and their child processes share: its test objects, and their arguments as bytes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BpfMap, BpfObject, Libbpf, ObjectOptions } from "../../src/native/libbpf.ts";
import { loadLibbpf } from "../../src/native/load.ts";

export const PROJECT: string = join(import.meta.dirname, "../..");

/** BPF_MAP_TYPE_… of linux/bpf.h. */
export const MAP_TYPES = {
  hash: 1,
  array: 2,
  percpuHash: 5,
  percpuArray: 6,
  lruHash: 9,
  lpmTrie: 11,
} as const;

export const libbpf: Libbpf = loadLibbpf();

/** Why no BPF program can be loaded here, if so. */
export const refusal: string | undefined = libbpf.probe({ program: "raw_tracepoint" });

/** Bytes of native/test/<name>.bpf.c, compiled. */
export function testObject(name: string): Buffer {
  return readFileSync(join(PROJECT, `build/native/test/${name}.bpf.o`));
}

/** Opens native/test/<name>.bpf.c. */
export function open(name: string, options?: ObjectOptions): BpfObject {
  return libbpf.open(name, testObject(name), options);
}

/** Opens and loads it. */
export function load(name: string, options?: ObjectOptions): BpfObject {
  const object = open(name, options);
  object.load();
  return object;
}

/** What `body` threw. Throws when it threw nothing. */
export function thrown(body: () => unknown): Error & { code?: string; cause?: unknown } {
  try {
    body();
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error");
}

/** The numbers as a program's raw arguments. */
export function args(...numbers: number[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(numbers, BigInt).buffer);
}

export function u32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

export function u64(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}

/** Buffers for `entries` entries of the map. */
export function buffersFor(map: BpfMap, entries: number = map.maxEntries): { keys: Buffer; values: Buffer } {
  return { keys: Buffer.alloc(entries * map.keySize), values: Buffer.alloc(entries * map.valueSize) };
}
