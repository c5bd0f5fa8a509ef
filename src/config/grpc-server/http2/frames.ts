// HTTP/2's frames (RFC 9113, section 6): their numbers, and those a server sends.

export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const FLAG = { END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const;

export const ERROR = {
  NO_ERROR: 0,
  PROTOCOL: 1,
  INTERNAL: 2,
  FLOW_CONTROL: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION: 9,
  ENHANCE_YOUR_CALM: 11,
} as const;

export const SETTING = {
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

export const FRAME_HEADER_BYTES = 9;

/** Without asking for more, both sides send frames of at most this. */
export const MAX_FRAME_BYTES = 16_384;

export const MAX_WINDOW_BYTES: number = 2 ** 31 - 1;

export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Writes a frame's header at `at`; returns where its payload begins. */
export function writeHeader(
  into: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  into.writeUIntBE(length, at, 3);
  into[at + 3] = type;
  into[at + 4] = flags;
  into.writeUInt32BE(stream, at + 5);
  return at + FRAME_HEADER_BYTES;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payload.length);
  bytes.set(payload, writeHeader(bytes, 0, payload.length, type, flags, stream));
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function settingsFrame(settings: ReadonlyMap<number, number>): Buffer {
  const payload = Buffer.allocUnsafe(6 * settings.size);
  let at = 0;
  for (const [setting, value] of settings) {
    at = payload.writeUInt16BE(setting, at);
    at = payload.writeUInt32BE(value, at);
  }
  return frame(FRAME.SETTINGS, 0, 0, payload);
}

export function goawayFrame(lastStream: number, code: number, debug: string): Buffer {
  const payload = Buffer.concat([uint32(lastStream), uint32(code), Buffer.from(debug, "latin1")]);
  return frame(FRAME.GOAWAY, 0, 0, payload);
}
