import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Http2Error } from "./error.ts";
import { encodeHeaders, HpackDecoder } from "./hpack.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

function decodeAll(...blocks: string[]): object[] {
  const decoder = new HpackDecoder();
  return blocks.map((block) => ({ ...decoder.decode(hex(block)) }));
}

const first = { ":method": "GET", ":scheme": "http", ":path": "/", ":authority": "www.example.com" };
const third = {
  ":method": "GET",
  ":scheme": "https",
  ":path": "/index.html",
  ":authority": "www.example.com",
  "custom-key": "custom-value",
};

describe("HpackDecoder", () => {
  it("decodes the RFC's requests without Huffman coding (C.3)", () => {
    const blocks = [
      "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
      "8286 84be 5808 6e6f 2d63 6163 6865",
      "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    ];
    expect(decodeAll(...blocks)).toEqual([first, { ...first, "cache-control": "no-cache" }, third]);
  });

  it("decodes the RFC's requests with Huffman coding (C.4)", () => {
    const blocks = [
      "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
      "8286 84be 5886 a8eb 1064 9cbf",
      "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    ];
    expect(decodeAll(...blocks)).toEqual([first, { ...first, "cache-control": "no-cache" }, third]);
  });

  it("gives the same for the same block, also after the table has changed", () => {
    const indexed = "82 be"; // The method, and the newest entry of the table.
    const blocks = ["40 01 61 01 31", indexed, indexed, "40 01 62 01 32", indexed, "20 3f e1 1f 82"];
    expect(decodeAll(...blocks)).toEqual([
      { a: "1" },
      { ":method": "GET", a: "1" },
      { ":method": "GET", a: "1" },
      { b: "2" },
      { ":method": "GET", b: "2" },
      { ":method": "GET" },
    ]);
  });

  it("keeps values of the same name apart", () => {
    expect(decodeAll("00 01 61 01 31 00 01 61 01 32")).toEqual([{ a: ["1", "2"] }]);
  });

  it("decodes what is encoded here", () => {
    const fields = { a: "b", "grpc-message": "x".repeat(1000), empty: "" };
    expect({ ...new HpackDecoder().decode(encodeHeaders(fields)) }).toEqual(fields);
  });

  it.each([
    ["an index that is not in the table", "be"],
    ["the index 0", "80"],
    ["a string that runs past the block", "00 05 61"],
    ["a block that ends within a number", "ff"],
    ["a number without end", "ff ff ff ff ff ff ff ff"],
    ["a table larger than was allowed", "3f e2 1f"],
    ["Huffman padding of more than 7 bits", "00 82 1f ff 01 61"],
    ["Huffman padding of zeros", "00 81 18 01 61"],
  ])("refuses %s", (_what, block) => {
    expect(() => decodeAll(block)).toThrow(Http2Error);
  });

  it("refuses headers that unfold to more than they may", () => {
    const decoder = new HpackDecoder();
    const length = 127 + 0x41 + 0x1d * 128; // An entry that just fits into the table.
    const entry = Buffer.concat([hex("40 01 61 7f c1 1d"), Buffer.alloc(length, 0x61)]);
    decoder.decode(entry);
    expect(() => decoder.decode(Buffer.alloc(100, 0xbe))).toThrow("headers too large");
  });

  it("reads any bytes, or refuses them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new HpackDecoder().decode(Buffer.from(bytes));
        } catch (error) {
          if (!(error instanceof Http2Error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
