// Overwrites the values of headers that are secrets, and what follows the head, in place: lengths stay, so that the head
// reads as before.

/** Lower case, with their colon. */
const SECRET_HEADERS: readonly Buffer[] = [
  "authorization:",
  "proxy-authorization:",
  "cookie:",
  "set-cookie:",
].map((name) => Buffer.from(name, "latin1"));

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const STAR = 0x2a;

/** Writes `*` over each secret's value in the head bytes[start, end), which may be cut anywhere, and over a body behind it. */
export function redactHead(bytes: Uint8Array, start: number, end: number): void {
  let secret = false;
  let begun = false;
  for (let at = start; at < end; ) {
    const next = lineEnd(bytes, at, end);
    const empty = isEmpty(bytes, at, next);
    if (empty && begun) {
      mask(bytes, next, end);
      return;
    }
    begun ||= !empty;
    const folded = bytes[at] === SPACE || bytes[at] === TAB;
    if (folded && secret) mask(bytes, at, next);
    else {
      const name = SECRET_HEADERS.find((header) => startsWith(bytes, at, next, header));
      secret = name !== undefined;
      if (name) mask(bytes, at + name.length, next);
    }
    at = next;
  }
}

/** After the line feed, or the end of the head. */
function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  const feed = bytes.subarray(start, end).indexOf(LF);
  return feed < 0 ? end : start + feed + 1;
}

/** Nothing but a line end; empty lines may precede a head. */
function isEmpty(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes[start] === LF || (bytes[start] === CR && end - start === 2 && bytes[start + 1] === LF);
}

function startsWith(bytes: Uint8Array, start: number, end: number, lower: Uint8Array): boolean {
  if (end - start < lower.length) return false;
  for (let i = 0; i < lower.length; i++) {
    const byte = bytes[start + i]!;
    const lowered = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (lowered !== lower[i]) return false;
  }
  return true;
}

/** Blanks and line ends stay. */
function mask(bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== TAB && byte !== CR && byte !== LF) bytes[at] = STAR;
  }
}
