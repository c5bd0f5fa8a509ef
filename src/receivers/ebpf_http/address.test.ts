import { expect, test } from "vitest";
import { Addresses } from "./address.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const addresses = new Addresses();

function textOf(hex: string, family: number): string {
  const bytes = Buffer.from(hex.padEnd(32, "0"), "hex");
  return addresses.textOf(new DataView(bytes.buffer, bytes.byteOffset, 16), 0, family);
}

test.each([
  ["0a000001", AF_INET, "10.0.0.1"],
  ["ffffffff", AF_INET, "255.255.255.255"],
  ["00000000000000000000000000000001", AF_INET6, "::1"],
  ["", AF_INET6, "::"],
  ["20010db8000000000000000000000001", AF_INET6, "2001:db8::1"],
  ["20010db8000000010000000000000001", AF_INET6, "2001:db8:0:1::1"],
  ["00010000000000020000000000000003", AF_INET6, "1:0:0:2::3"],
  ["20010db8000100010001000100010001", AF_INET6, "2001:db8:1:1:1:1:1:1"],
  ["20010db8000000010001000100010001", AF_INET6, "2001:db8:0:1:1:1:1:1"],
  ["fe80000000000000000000000000ab00", AF_INET6, "fe80::ab00"],
  ["00000000000000000000ffffc0000201", AF_INET6, "192.0.2.1"],
])("writes %s of family %d as %s, also from memory", (hex, family, text) => {
  expect(textOf(hex, family)).toBe(text);
  expect(textOf(hex, family)).toBe(text);
});

test("does not mix up addresses that share a place in its memory", () => {
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < 5000; i++) {
      const hex = (0x0a00_0000 + i).toString(16).padStart(8, "0");
      expect(textOf(hex, AF_INET)).toBe(`10.0.${i >> 8}.${i & 255}`);
    }
});
