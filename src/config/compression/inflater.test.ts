import { deflateSync, gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { Slabs } from "../../pdata/index.ts";
import { inflate, inflateLent } from "./inflate.ts";
import { Inflater } from "./inflater.ts";

const TEXT = Buffer.from("span ".repeat(1000));
const GZIP = gzipSync(TEXT);
const room = (bytes = TEXT.length + 1) => Buffer.alloc(bytes);

it("inflates one message after the other", () => {
  const inflater = new Inflater("gzip");
  for (const text of ["", "a", "b".repeat(5000), "c"]) {
    const output = room(5001);
    const length = inflater.inflate(gzipSync(text), output);
    expect(output.toString("utf8", 0, length)).toBe(text);
  }
  const output = room();
  expect(new Inflater("zlib").inflate(deflateSync(TEXT), output)).toBe(TEXT.length);
  expect(output.subarray(0, -1)).toEqual(TEXT);
});

it("inflates a message of several members", () => {
  const output = room(2 * TEXT.length + 1);
  expect(new Inflater("gzip").inflate(Buffer.concat([GZIP, GZIP]), output)).toBe(2 * TEXT.length);
});

it.each<[string, Buffer, number]>([
  ["does not fit", GZIP, TEXT.length],
  ["was cut off", GZIP.subarray(0, -1), TEXT.length + 1],
  ["has something behind it", Buffer.concat([GZIP, Buffer.from("x")]), TEXT.length + 1],
  ["is nothing", Buffer.alloc(0), TEXT.length + 1],
  ["has another checksum", Buffer.concat([GZIP.subarray(0, -8), Buffer.alloc(8)]), TEXT.length + 1],
  ["is not gzip", Buffer.from("span"), TEXT.length + 1],
])("refuses what %s, and goes on", (_, input, bytes) => {
  const inflater = new Inflater("gzip");
  expect(inflater.inflate(input, room(bytes))).toBeUndefined();
  expect(inflater.inflate(GZIP, room())).toBe(TEXT.length);
});

it("puts messages one behind the other into lent memory", () => {
  const slabs = new Slabs();
  const [first, second] = [1, 2].map(() => inflateLent(GZIP, 1 << 20, slabs)!);
  expect(first!.bytes).toEqual(TEXT);
  expect(second!.bytes.byteOffset).toBe(first!.bytes.byteOffset + TEXT.length);
  expect(inflateLent(GZIP, TEXT.length - 1, slabs)).toBeUndefined(); // too large
  expect(inflateLent(GZIP.subarray(0, -1), 1 << 20, slabs)).toBeUndefined();
  expect(slabs.take(1).bytes.byteOffset).toBe(2 * TEXT.length); // what failed holds no memory
});

it("says what is wrong with a message as zlib does", () => {
  expect(() => inflate("gzip", GZIP.subarray(0, -1), 1 << 20)).toThrow("unexpected EOF");
  expect(() => inflate("gzip", GZIP, 10)).toThrow();
});
