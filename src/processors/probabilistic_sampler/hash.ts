// The Collector's hash of the mode `hash_seed`, whose decisions must be the same everywhere.

/** 14 bits of the hash decide. */
const BUCKETS = 0x4000;

/** FNV-1a, 32 bits, over the seed as four little-endian bytes and then `bytes`. */
export function fnv1a(bytes: Uint8Array, seed: number): number {
  let hash = 0x811c9dc5;
  for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((seed >>> shift) & 0xff), 0x01000193);
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The hash as a randomness: its first 14 of 56 bits are such that a threshold decides as the hash alone would. */
export function hashedRandomness(bytes: Uint8Array, seed: number): bigint {
  const hash = fnv1a(bytes, seed);
  const bucket = BigInt(hash & (BUCKETS - 1));
  const unused = BigInt(hash >>> 18);
  const mixed = unused ^ (unused << 10n);
  return ((BigInt(BUCKETS) - 1n - bucket) << 42n) | (mixed << 14n) | bucket;
}

/** The threshold for a percentage above 0, in the 32-bit arithmetic that the hash was first compared with. */
export function hashThreshold(percentage: number): bigint | undefined {
  const kept = Math.trunc(Math.fround(Math.fround(percentage) * Math.fround(BUCKETS / 100)));
  return kept === 0 ? undefined : BigInt(BUCKETS - kept) << 42n;
}
