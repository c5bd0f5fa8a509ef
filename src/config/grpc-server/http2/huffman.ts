// HPACK's Huffman code (RFC 7541, appendix B).
import { Http2Error } from "./error.ts";
import { ERROR } from "./frames.ts";

/** The length of each byte's code, in base 31. The code is canonical: shorter ones first, then in the bytes' order. */
const LENGTHS =
  "dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f56565666577666567655677777fbedskmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq";

const MAX_CODE_BITS = 30;

/** A binary tree: entries 2n and 2n+1 are what 0 and 1 lead to from node n; below 0 a byte, as -1 - byte. */
const TREE: Int16Array = buildTree();

function buildTree(): Int16Array {
  const lengths = Array.from(LENGTHS, (digit) => Number.parseInt(digit, 31));
  const tree = new Int16Array(2 * 512);
  let nodes = 1;
  let code = 0;
  for (let bits = 1; bits <= MAX_CODE_BITS; bits++, code *= 2) {
    for (const [byte, length] of lengths.entries()) {
      if (length !== bits) continue;
      let node = 0;
      for (let bit = bits - 1; bit > 0; bit--) {
        const at = 2 * node + ((code >>> bit) & 1);
        tree[at] ||= nodes++;
        node = tree[at]!;
      }
      tree[2 * node + (code & 1)] = -1 - byte;
      code++;
    }
  }
  return tree;
}

/** Decodes `block[start, end)`. Throws a Http2Error when it is not in the code or ends with more than padding. */
export function decodeHuffman(block: Uint8Array, start: number, end: number): string {
  let text = "";
  let node = 0;
  let depth = 0;
  let ones = true; // Since the last byte that was decoded: padding is the beginning of a code of ones.
  for (let at = start; at < end; at++) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = (block[at]! >>> bit) & 1;
      const next = TREE[2 * node + one]!;
      depth++;
      ones &&= one === 1;
      if (next === 0) throw corrupt();
      if (next > 0) {
        node = next;
        continue;
      }
      text += String.fromCharCode(-1 - next);
      node = 0;
      depth = 0;
      ones = true;
    }
  }
  if (depth > 7 || !ones) throw corrupt();
  return text;
}

function corrupt(): Http2Error {
  return new Http2Error(ERROR.COMPRESSION, "malformed Huffman code");
}
