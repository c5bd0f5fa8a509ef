/** Compressed data that is not what its encoding says. The message is Go's where there is one. */
export class CorruptError extends Error {
  override readonly name = "CorruptError";
}

/** Data that is larger, once decompressed, than the receiver takes. Only where Go has a message of its own is there one. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}
