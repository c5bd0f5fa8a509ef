import { expect, test } from "vitest";
import { thresholdHex } from "../../pdata/sampling.ts";
import { mergeTraceState, randomnessHex } from "./trace-state.ts";

test.each([
  [0n, "0"],
  [1n << 55n, "8"],
  [0xc0_0000_0000_0000n, "c"],
  [0x0a_bc00_0000_0000n, "0abc"],
  [0xff_ffff_ffff_ffffn, "ffffffffffffff"],
])("writes the threshold %d as %s", (threshold, text) => {
  expect(thresholdHex(threshold)).toBe(text);
});

test.each([
  ["", "0", undefined, "ot=th:0"],
  ["foo=1,bar=2", "8", undefined, "ot=th:8,foo=1,bar=2"],
  [" foo=1 ,, bar=2", "8", "0123456789abcd", "ot=th:8;rv:0123456789abcd,foo=1,bar=2"],
  ["foo=1,ot=th:c;rv:ffffffffffffff;x:y,bar=2", "0", undefined, "ot=th:0;rv:ffffffffffffff;x:y,foo=1,bar=2"],
  ["ot=th:c;rv:ffffffffffffff;x:y", "8", "00000000000001", "ot=th:8;rv:00000000000001;x:y"],
])("merges into %j threshold %s and randomness %s", (incoming, threshold, randomness, merged) => {
  expect(mergeTraceState(incoming, threshold, randomness)).toBe(merged);
});

test("keeps no more entries than tracestate may have", () => {
  const many = Array.from({ length: 40 }, (_, i) => `v${i}=1`).join(",");
  const entries = mergeTraceState(many, "0", undefined).split(",");
  expect(entries).toHaveLength(32);
  expect(entries.slice(0, 2)).toEqual(["ot=th:0", "v0=1"]);
});

test("takes the randomness from the last seven bytes of the trace id", () => {
  const bytes = Buffer.from("ff00112233445566778899aabbccddeeff00", "hex");
  expect(randomnessHex(bytes, 1)).toBe("99aabbccddeeff");
});
