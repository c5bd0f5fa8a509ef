// Consistent probability sampling: 56-bit thresholds and randomness, as tracestate's `ot` entry has them.
// https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/

const HEX_DIGITS = 14;

/** The threshold that rejects everything; it has no form in tracestate. */
export const NEVER: bigint = 1n << 56n;
/** The threshold that rejects nothing. */
export const ALWAYS = 0n;

/** A rejection threshold as `th` has it: without trailing zeros. */
export function thresholdHex(threshold: bigint): string {
  const digits = randomnessHex(threshold).replace(/0+$/, "");
  return digits === "" ? "0" : digits;
}

/** A threshold from `th`; undefined where it is none. */
export function parseThreshold(digits: string): bigint | undefined {
  return /^[0-9a-fA-F]{1,14}$/.test(digits) ? BigInt(`0x${digits.padEnd(HEX_DIGITS, "0")}`) : undefined;
}

/** A randomness as `rv` has it. */
export function randomnessHex(randomness: bigint): string {
  return randomness.toString(16).padStart(HEX_DIGITS, "0");
}

/** A randomness from `rv`; undefined where it is none. */
export function parseRandomness(digits: string): bigint | undefined {
  return /^[0-9a-fA-F]{14}$/.test(digits) ? BigInt(`0x${digits}`) : undefined;
}

/** The randomness of a trace id of 16 bytes: its last 56 bits. */
export function randomnessOf(traceId: Uint8Array): bigint {
  const view = new DataView(traceId.buffer, traceId.byteOffset, traceId.byteLength);
  return BigInt.asUintN(56, view.getBigUint64(8));
}

/** The probability with which a threshold keeps. */
export function probabilityOf(threshold: bigint): number {
  return Number(NEVER - threshold) / Number(NEVER);
}

/**
 * The threshold that keeps with a probability from 2^-56 to 1, to `precision` hexadecimal digits and as many more as
 * there are leading ones that say little. Undefined outside of that range.
 */
export function thresholdOf(probability: number, precision: number): bigint | undefined {
  if (!(probability >= 2 ** -56 && probability <= 1)) return undefined;
  if (probability === 1) return ALWAYS;
  const extra = Math.max(leadingDigits(probability), leadingDigits(1 - probability));
  const digits = Math.min(HEX_DIGITS, precision + extra);
  const exact = NEVER - BigInt(Math.round(probability * 2 ** 56));
  const shift = BigInt(4 * (HEX_DIGITS - digits));
  return shift === 0n ? exact : ((exact + (1n << (shift - 1n))) >> shift) << shift;
}

/** Leading zero digits of a fraction. */
function leadingDigits(fraction: number): number {
  return Math.max(0, Math.trunc(-(Math.floor(Math.log2(fraction)) + 1) / 4));
}
