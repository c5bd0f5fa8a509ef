// Bytes prepared once and written many times, held as words because four bytes are stored as fast as one.

/** A run of encoded bytes, padded with zeros to whole little-endian words. */
export interface EncodedBytes {
  readonly words: Int32Array;
  /** Bytes that count; the padding behind them does not. */
  readonly length: number;
}

/** Prepares `bytes` for Writer.rawEncoded. */
export function toEncoded(bytes: Uint8Array): EncodedBytes {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const words = new Int32Array(padded.length / 4);
  for (let i = 0; i < words.length; i++) words[i] = view.getInt32(i * 4, true);
  return { words, length: bytes.length };
}
