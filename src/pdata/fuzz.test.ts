// Whatever the bytes, every reader gives a result or a MalformedError, in bounded time and memory.
// `WATTSPAN_FUZZ_ROUNDS` runs more than the few rounds of the unit tests, `WATTSPAN_FUZZ_SEED` others.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { decodeLogs } from "./decode/logs.ts";
import { decodeMetrics } from "./decode/metrics.ts";
import { decodeTraces } from "./decode/traces.ts";
import { dataFromBytes } from "./index.ts";
import { decodeJson } from "./json/decode.ts";
import { encodeJson } from "./json/encode.ts";
import { MalformedError } from "./protobuf/wire.ts";

const rounds = Number(process.env.WATTSPAN_FUZZ_ROUNDS ?? 3000);
const firstSeed = Number(process.env.WATTSPAN_FUZZ_SEED ?? 1);
vi.setConfig({ testTimeout: 20_000 + rounds * 10 });

const SIGNALS = ["traces", "metrics", "logs"] as const;
const testdata = new URL("testdata/", import.meta.url);
const files = (extension: string) =>
  readdirSync(testdata)
    .filter((name) => name.endsWith(extension))
    .map((name) => readFileSync(new URL(name, testdata)));
const seeds = files(".bin");
const documents = files(".jsonl");

const readers: readonly ((bytes: Uint8Array) => unknown)[] = [
  decodeTraces,
  decodeMetrics,
  decodeLogs,
  ...SIGNALS.map((signal) => (bytes: Uint8Array) => {
    const json = encodeJson(dataFromBytes(signal, bytes));
    expect(encodeJson(decodeJson(signal, json))).toEqual(json);
  }),
  ...SIGNALS.map((signal) => (bytes: Uint8Array) => {
    const data = dataFromBytes(signal, bytes);
    const parts = data.split(2);
    // What a split gives must hold what went in, or counting and splitting disagree.
    const items = parts.map((part) => dataFromBytes(signal, part.bytes()).itemCount);
    expect(items.reduce((sum, n) => sum + n, 0)).toBe(data.itemCount);
    return data.resourceCount;
  }),
];

const DECODE = { traces: decodeTraces, metrics: decodeMetrics, logs: decodeLogs };

const jsonReaders = SIGNALS.map((signal) => (json: Uint8Array) => {
  const data = decodeJson(signal, json);
  // What is read from JSON is OTLP that everything else can read.
  expect(() => DECODE[signal](data.bytes())).not.toThrow();
  expect(() => encodeJson(data)).not.toThrow();
});

/** Gives what the reader gives, or that it refused; anything else it throws is a failure. */
function tryReader(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): "read" | "refused" {
  try {
    read(bytes);
    return "read";
  } catch (error) {
    if (error instanceof MalformedError) return "refused";
    throw error;
  }
}

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe("readers of untrusted bytes", () => {
  it("read or refuse random bytes", () => {
    const random = generator(firstSeed);
    const seen = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      const bytes = Uint8Array.from({ length: random(64) }, () => random(256));
      for (const read of readers) seen.add(tryReader(read, bytes));
    }
    expect(seen).toEqual(new Set(["read", "refused"]));
  });

  it("read or refuse real requests with bytes changed", () => {
    const random = generator(firstSeed + 1);
    const seen = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      const bytes = Buffer.from(seeds[random(seeds.length)]!);
      for (let changes = 1 + random(4); changes > 0; changes--) bytes[random(bytes.length)] = random(256);
      for (const read of readers) seen.add(tryReader(read, bytes));
    }
    expect(seen).toEqual(new Set(["read", "refused"]));
  });

  it("read or refuse every prefix of real requests", () => {
    for (const seed of seeds) {
      for (let length = 0; length < seed.length; length++) {
        for (const read of readers) tryReader(read, seed.subarray(0, length));
      }
    }
  });

  it("refuse a length that claims more than there is, without allocating it", () => {
    const claim = Buffer.from("0affffffff0f", "hex"); // field 1, 4 GiB - 1
    for (const read of readers) expect(tryReader(read, claim)).toBe("refused");
  });

  it("refuse varints that are longer than any number", () => {
    const within = (bytes: string) => Buffer.from(bytes, "hex");
    for (const overlong of ["8080808080808080808001", `${"80".repeat(100)}01`]) {
      // As a tag, as a length, and as a value.
      for (const bytes of [within(overlong), within(`0a${overlong}`), within(`08${overlong}`)]) {
        for (const read of readers) expect(tryReader(read, bytes)).toBe("refused");
      }
    }
  });

  it("refuse values that are nested without end", () => {
    let value: Buffer = Buffer.alloc(0);
    for (let level = 0; level < 20_000; level++) {
      value = nestedIn(0x0a, value);
      value = nestedIn(0x2a, value);
    }
    // In an attribute of a span, of a metric's metadata, and as the body of a log record.
    const paths = { traces: [0x12, 0x4a], metrics: [0x12, 0x62], logs: [0x2a] };
    for (const signal of SIGNALS) {
      const within = [...paths[signal], 0x12, 0x12, 0x0a].reduce((body, tag) => nestedIn(tag, body), value);
      const data = dataFromBytes(signal, within);
      expect(() => encodeJson(data)).toThrow("nested over 100 levels deep");
      expect(tryReader(DECODE[signal], within)).toBe("refused");
      expect(data.itemCount).toBe(signal === "metrics" ? 0 : 1); // Counting looks at no value.
    }
  });
});

describe("readers of untrusted JSON", () => {
  it("read or refuse documents with bytes changed, taken out and repeated", () => {
    const random = generator(firstSeed + 2);
    const seen = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      let json: Buffer = Buffer.from(documents[random(documents.length)]!);
      for (let changes = 1 + random(3); changes > 0; changes--) json = changed(json, random);
      for (const read of jsonReaders) seen.add(tryReader(read, json));
    }
    expect(seen).toEqual(new Set(["read", "refused"]));
  });

  it("read or refuse every prefix of a document", () => {
    for (const json of documents) {
      for (let length = 0; length < json.length; length += 3) {
        for (const read of jsonReaders) expect(tryReader(read, json.subarray(0, length))).toBe("refused");
      }
    }
  });
});

/** `body` as the field of that tag. */
function nestedIn(tag: number, body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([tag, ...length, rest]), body]);
}

const SYNTAX = Buffer.from('{}[]",:\\0-e. nutf');

function changed(json: Buffer, random: (below: number) => number): Buffer {
  const at = random(json.length);
  const end = at + random(20);
  switch (random(4)) {
    case 0:
      json[at] = random(256);
      return json;
    case 1:
      json[at] = SYNTAX[random(SYNTAX.length)]!;
      return json;
    case 2:
      return Buffer.concat([json.subarray(0, at), json.subarray(end)]);
    default:
      return Buffer.concat([json.subarray(0, end), json.subarray(at)]);
  }
}
