// LZ4's frame format, written: independent blocks without checksums, each the greedy match of one hash table.

/** Magic number, version 1 with independent blocks, blocks of at most 4 MiB, and the checksum of these two. */
const HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
const BLOCK_BYTES = 4 << 20;
const UNCOMPRESSED = 0x8000_0000;

const HASH_BITS = 14;
const MIN_MATCH = 4;
const MAX_OFFSET = 65_535;
/** A block ends with at least so many literals, and its last match begins so far before its end. */
const LAST_LITERALS = 5;
const LAST_MATCH = 12;
/** After so many bytes without a match, every second is tried, and so on. */
const SKIP_SHIFT = 6;
/** More bytes than this are copied by a call. */
const COPIED_AT_ONCE = 64;

/** Where in a block a hash was seen last, plus one. */
const seen = new Int32Array(1 << HASH_BITS);

/** Compresses `input` into one frame. */
export function encodeLz4(input: Uint8Array): Buffer {
  const blocks = Math.ceil(input.length / BLOCK_BYTES);
  const out = Buffer.allocUnsafeSlow(HEADER.length + 4 + blocks * 4 + largest(input.length) + blocks * 16);
  let at = HEADER.copy(out);
  for (let start = 0; start < input.length; start += BLOCK_BYTES) {
    at = writeBlock(input.subarray(start, start + BLOCK_BYTES), out, at);
  }
  return out.subarray(0, out.writeUInt32LE(0, at)); // The end mark.
}

/** What literals alone take. */
function largest(bytes: number): number {
  return bytes + Math.ceil(bytes / 255) + 16;
}

function writeBlock(block: Uint8Array, out: Buffer, start: number): number {
  const at = start + 4;
  const end = compressBlock(block, out, at);
  if (end - at < block.length) {
    out.writeUInt32LE(end - at, start);
    return end;
  }
  out.writeUInt32LE(UNCOMPRESSED + block.length, start);
  out.set(block, at);
  return at + block.length;
}

function compressBlock(block: Uint8Array, out: Buffer, start: number): number {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const lastMatch = block.length - LAST_MATCH;
  let at = start;
  let literals = 0;
  seen.fill(0);
  for (let here = 0; here < lastMatch; ) {
    const before = lookUp(view, here);
    if (before < 0) {
      here += 1 + ((here - literals) >> SKIP_SHIFT);
      continue;
    }
    const end = matchEnd(block, before, here);
    at = writeLiterals(block, literals, here, end - here - MIN_MATCH, out, at);
    at = out.writeUInt16LE(here - before, at);
    at = writeLength(end - here - MIN_MATCH, out, at);
    literals = end;
    here = end;
  }
  return writeLiterals(block, literals, block.length, 0, out, at);
}

/** Where the four bytes at `here` are before it; negative where that is not known. */
function lookUp(view: DataView, here: number): number {
  const bytes = view.getInt32(here, true);
  const hash = Math.imul(bytes, 0x9e37_79b1) >>> (32 - HASH_BITS);
  const before = seen[hash]! - 1;
  seen[hash] = here + 1;
  const found = before >= 0 && here - before <= MAX_OFFSET && view.getInt32(before, true) === bytes;
  return found ? before : -1;
}

function matchEnd(block: Uint8Array, before: number, here: number): number {
  const limit = block.length - LAST_LITERALS;
  const distance = here - before;
  let end = here + MIN_MATCH;
  while (end < limit && block[end] === block[end - distance]) end++;
  return end;
}

/** Writes a sequence up to its offset: the token with both lengths as far as they fit, and the literals. */
function writeLiterals(
  block: Uint8Array,
  from: number,
  to: number,
  matchLength: number,
  out: Buffer,
  start: number,
): number {
  const length = to - from;
  out[start] = (Math.min(length, 15) << 4) | Math.min(matchLength, 15);
  let at = writeLength(length, out, start + 1);
  if (length > COPIED_AT_ONCE) {
    out.set(block.subarray(from, to), at);
    return at + length;
  }
  for (let here = from; here < to; here++) out[at++] = block[here]!;
  return at;
}

/** What of a length does not fit into its token. */
function writeLength(length: number, out: Buffer, start: number): number {
  if (length < 15) return start;
  let at = start;
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) out[at++] = 255;
  out[at++] = rest;
  return at;
}
