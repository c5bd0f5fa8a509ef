import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataFromBytes, Logs, MalformedError, Metrics, type Signal, Traces } from "../index.ts";
import { Writer } from "../protobuf/writer.ts";
import { decodeJson } from "./decode.ts";
import { encodeJson } from "./encode.ts";

function testdata(name: string): Buffer {
  return readFileSync(new URL(`../testdata/${name}`, import.meta.url));
}

/** The JSON of a request of one item. */
function encoded<S extends Signal>(signal: S, write: (out: Writer) => void): string {
  const out = new Writer();
  const messages = [out.begin(0x0a), out.begin(0x12), out.begin(0x12)];
  write(out);
  for (const message of messages.reverse()) out.end(message);
  const [item] = /(?<=(spans|metrics|logRecords)":\[).*(?=\]\}\]\}\]\}$)/s.exec(
    encodeJson(dataFromBytes(signal, out.take())).toString(),
  )!;
  return item;
}

function body(write: (out: Writer) => void): string {
  return encoded("logs", (out) => {
    const value = out.begin(0x2a);
    write(out);
    out.end(value);
  });
}

describe("encodeJson", () => {
  // The *.jsonl were written by the Collector's own marshaler (pdata 1.64) from the *.bin beside them.
  it.each(
    ["example", "every-field"].flatMap((name) =>
      (["traces", "metrics", "logs"] as const).map((signal) => [name, signal] as const),
    ),
  )("writes %s-%s to the byte as the Collector does", (name, signal) => {
    const data = dataFromBytes(signal, testdata(`${name}-${signal}.bin`));
    expect(encodeJson(data).toString()).toBe(testdata(`${name}-${signal}.jsonl`).toString());
  });

  it("writes empty requests, and several as one", () => {
    expect(encodeJson(new Traces([])).toString()).toBe("{}");
    expect(encodeJson(Logs.fromBytes(Buffer.from("0a00", "hex"))).toString()).toBe(
      '{"resourceLogs":[{"resource":{}}]}',
    );
    const one = Metrics.fromBytes(Buffer.from("0a031a0161", "hex"));
    expect(encodeJson(Metrics.concat(one, one)).toString()).toBe(
      '{"resourceMetrics":[{"resource":{},"schemaUrl":"a"},{"resource":{},"schemaUrl":"a"}]}',
    );
  });

  it.each([
    [0, "0"],
    [-0, "-0"],
    [5, "5"],
    [0.1, "0.1"],
    [1e20, "100000000000000000000"],
    [1e21, "1e+21"],
    [1e-7, "1e-07"],
    [-1.5e-300, "-1.5e-300"],
    [Number.NaN, '"NaN"'],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  ])("writes the double %d as Go does", (value, text) => {
    expect(body((out) => out.double(0x21, value))).toBe(`{"body":{"doubleValue":${text}}}`);
  });

  it.each([
    0n,
    1n,
    -1n,
    999_999_999n,
    1_000_000_000n,
    2n ** 32n,
    -(2n ** 32n),
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ])("writes the integer %d", (value) => {
    const text = body((out) => {
      out.reserve(11);
      out.buf[out.pos++] = 0x18;
      out.rawVarint64(value);
    });
    expect(text).toBe(`{"body":{"intValue":"${value}"}}`);
  });

  it("escapes what JSON must, and mends what is not UTF-8", () => {
    const text = (bytes: Buffer) => body((out) => out.bytes(0x0a, bytes));
    expect(text(Buffer.from('a"\\\n\r\t\b\x00\x1f\x7f</é\u2028'))).toBe(
      '{"body":{"stringValue":"a\\"\\\\\\n\\r\\t\\u0008\\u0000\\u001f\x7f</é\u2028"}}',
    );
    expect(text(Buffer.from('a\xff"é', "latin1"))).toBe('{"body":{"stringValue":"a\ufffd\\"\ufffd"}}');
  });

  it("takes the last of a one-of, merges messages, and joins runs of numbers", () => {
    expect(
      body((out) => {
        out.string(0x0a, "first");
        out.bool(0x10, false);
      }),
    ).toBe('{"body":{"boolValue":false}}');
    const status = (out: Writer, write: () => void) => {
      const start = out.begin(0x7a);
      write();
      out.end(start);
    };
    expect(
      encoded("traces", (out) => {
        status(out, () => out.uint32(0x18, 2));
        status(out, () => out.string(0x12, "boom"));
      }),
    ).toBe('{"status":{"message":"boom","code":2}}');
    // Metric.histogram.data_points[0].bucket_counts: nothing, a run of two, and one that is not packed.
    const counts = Buffer.from(`4a220a2032003210${"0100000000000000".repeat(2)}3102${"00".repeat(7)}`, "hex");
    counts[1] = counts.length - 2;
    counts[3] = counts.length - 4;
    expect(encoded("metrics", (out) => out.append(counts))).toBe(
      '{"histogram":{"dataPoints":[{"bucketCounts":["1","1","2"]}]}}',
    );
  });

  it("leaves out unknown fields and ids of zeros", () => {
    expect(
      encoded("traces", (out) => {
        out.bytes(0x0a, Buffer.alloc(16));
        out.fixed32(100, 1);
      }),
    ).toBe('{"status":{}}');
  });

  it("takes of a 32-bit number what protobuf keeps of it", () => {
    // Span.dropped_attributes_count: 2^32, then 2^32 + 1.
    for (const [varint, text] of [
      ["8080808010", '{"status":{}}'],
      ["8180808010", '{"droppedAttributesCount":1,"status":{}}'],
    ]) {
      expect(encoded("traces", (out) => out.append(Buffer.from(`50${varint}`, "hex")))).toBe(text);
    }
  });

  it("refuses bytes that are not OTLP", () => {
    const refused: [(out: Writer) => void, string][] = [
      [(out) => out.bytes(0x0a, Buffer.alloc(3, 1)), "malformed id: 3 bytes, expected 16"],
      [(out) => out.uint32(0x28, 1), "field 5"],
      [(out) => out.append(Buffer.from("0a7f", "hex")), "runs past the end"],
    ];
    for (const [write, message] of refused) {
      expect(() => encoded("traces", write)).toThrow(MalformedError);
      expect(() => encoded("traces", write)).toThrow(message);
    }
  });

  it("refuses values nested without end", () => {
    let value: Buffer = Buffer.from("0a00", "hex");
    for (let level = 0; level < 120; level++) {
      const out = new Writer();
      const array = out.begin(0x2a);
      out.bytes(0x0a, value);
      out.end(array);
      value = out.take();
    }
    expect(() => body((out) => out.append(value))).toThrow("nested over 100 levels deep");
  });

  it("gives what decodeJson reads back", () => {
    for (const signal of ["traces", "metrics", "logs"] as const) {
      const json = testdata(`every-field-${signal}.jsonl`);
      expect(encodeJson(decodeJson(signal, json))).toEqual(json);
    }
  });
});
