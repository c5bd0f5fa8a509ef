// The frames of a recording: a length, a type and a checksum before each, so that a file that was cut is read to its
// last whole frame. docs/recording.md describes the format.

/** First bytes of every recording. */
export const MAGIC: Buffer = Buffer.from("WATTSPAN", "latin1");
/** Raised when what is already recorded can no longer be read. */
export const FORMAT_VERSION = 1;
/** Magic, version, zeros. */
export const PREAMBLE_BYTES = 16;
/** Payload length, type, CRC-32 of both and of the payload, zeros. */
export const FRAME_HEADER_BYTES = 16;
/** Of a frame's header, what its checksum covers. */
export const CHECKED_BYTES = 8;
/** No frame is longer: a length beyond it is not one. */
export const MAX_PAYLOAD_BYTES: number = 64 << 20;

export const FRAME = {
  /** JSON: RecordingHeader. The first frame. */
  header: 1,
  /** JSON: RecordedProcess. Before the first record that is of it, and again when it takes a new program. */
  process: 2,
  /** JSON: RecordedExit. */
  exit: 3,
  /** i64: what to add to CLOCK_MONOTONIC for the time of day, in ns. When somebody set the clock. */
  clock: 4,
  /** u64: CLOCK_MONOTONIC when they were read; then records, each a u32 length, 4 zeros, and its bytes padded to 8. */
  records: 5,
  /** u32 count, 4 zeros, keys, values: series that changed since the last time. */
  series: 6,
  /** The same of body sizes. */
  sizes: 7,
  /** u32 count, 4 zeros, values: connections with requests under way. */
  connections: 8,
  /** u64 CLOCK_MONOTONIC, i64 time of day in ns, u32 1 if it is the last, 4 zeros: a collection; its maps came before. */
  collected: 9,
  /** JSON: the tap's counters by name, as decimal strings. */
  counters: 10,
  /** Empty: the recording was ended in order. */
  end: 11,
} as const;

/** A file that is no recording, or one this version cannot play. The message is for the user. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
}
