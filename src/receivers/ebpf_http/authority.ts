// Hot path: splits `host`, `host:port` and `[v6]:port`, as bytes.
import { hostStart } from "./redact.ts";

const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const ZERO = 0x30;

/** The parts of the last authority that was parsed, as positions in its bytes. Reused for every request. */
export class Authority {
  /** The address, without an IPv6 literal's brackets. */
  start = 0;
  end = 0;
  /** 0 where there is none. */
  port = 0;

  /** False where bytes[start, end) has no host. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    let from = hostStart(bytes, start, end);
    let to = from;
    if (bytes[from] === OPEN) {
      from++;
      while (to < end && bytes[to] !== CLOSE) to++;
      this.port = portOf(bytes, to + 1, end);
    } else {
      while (to < end && bytes[to] !== COLON) to++;
      this.port = portOf(bytes, to, end);
    }
    this.start = from;
    this.end = to;
    return to > from;
  }
}

/** The number behind the colon at `at`; 0 where it is no port. */
function portOf(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end || bytes[at] !== COLON) return 0;
  let port = 0;
  for (let i = at + 1; i < end; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || digit > 9) return 0;
    port = port * 10 + digit;
    if (port > 65_535) return 0;
  }
  return port;
}
