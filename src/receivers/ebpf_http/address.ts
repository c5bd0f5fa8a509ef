// Hot path: addresses as text. Peers come again and again, so the last ones are remembered.

const AF_INET = 2;
/** A power of two. */
const REMEMBERED = 1024;

interface Remembered {
  readonly family: number;
  readonly words: readonly [number, number, number, number];
  readonly text: string;
}

/** Writes addresses as they are in the kernel's records; IPv4 inside IPv6 is written as IPv4. */
export class Addresses {
  readonly #remembered: (Remembered | undefined)[] = new Array(REMEMBERED).fill(undefined);

  /** The address in the 16 bytes at `offset`. */
  textOf(view: DataView, offset: number, family: number): string {
    const a = view.getInt32(offset, true);
    const b = view.getInt32(offset + 4, true);
    const c = view.getInt32(offset + 8, true);
    const d = view.getInt32(offset + 12, true);
    const hash = Math.imul(a ^ Math.imul(b ^ Math.imul(c ^ d, 0x2545f491), 0x2545f491), 0x9e3779b1);
    const slot = (hash >>> 20) & (REMEMBERED - 1);
    const known = this.#remembered[slot];
    if (known && known.family === family) {
      const { words } = known;
      if (words[0] === a && words[1] === b && words[2] === c && words[3] === d) return known.text;
    }
    const text = family === AF_INET ? ipv4(view, offset) : ipv6(view, offset);
    this.#remembered[slot] = { family, words: [a, b, c, d], text };
    return text;
  }
}

function ipv4(view: DataView, offset: number): string {
  const at = (index: number) => view.getUint8(offset + index);
  return `${at(0)}.${at(1)}.${at(2)}.${at(3)}`;
}

/** As RFC 5952 has it: lower case, no leading zeros, the longest run of zeros as "::". */
function ipv6(view: DataView, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(offset + 2 * index));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return ipv4(view, offset + 12);
  const zeros = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return hex.join(":");
  return `${hex.slice(0, zeros.start).join(":")}::${hex.slice(zeros.start + zeros.length).join(":")}`;
}

/** The first of the longest. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
