// Hot path: finds what a span needs in the captured bytes of a request's head, as positions, without making strings.

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const QUESTION = 0x3f;
const HASH = 0x23;
const SLASH = 0x2f;
const COLON = 0x3a;
const LOWER = 0x20;

/** A run of bytes [start, end); end is 0 where there is none. */
export class Run {
  start = 0;
  end = 0;

  get present(): boolean {
    return this.end > 0;
  }

  set(start: number, end: number): void {
    this.start = start;
    this.end = end;
  }

  clear(): void {
    this.start = 0;
    this.end = 0;
  }
}

/** A field line whose value is wanted. */
class Field extends Run {
  /** In lower case, with its colon. */
  readonly name: Buffer;

  constructor(name: string) {
    super();
    this.name = Buffer.from(`${name}:`, "latin1");
  }
}

/**
 * The parts of one head, as positions in the bytes it was parsed from. Reused for every request. A head that was cut in
 * its request line has as much of the target as was captured; a field line that was cut counts as absent.
 */
export class RequestHead {
  readonly method: Run = new Run();
  readonly target: Run = new Run();
  /** The target without query; of an absolute URI only its path. */
  readonly path: Run = new Run();
  /** Behind the question mark. */
  readonly query: Run = new Run();
  /** Host and port of a target that is an absolute URI, or CONNECT's. */
  readonly authority: Run = new Run();
  readonly host: Field = new Field("host");
  readonly userAgent: Field = new Field("user-agent");
  readonly traceparent: Field = new Field("traceparent");
  readonly tracestate: Field = new Field("tracestate");
  readonly forwarded: Field = new Field("forwarded");
  readonly forwardedFor: Field = new Field("x-forwarded-for");
  readonly forwardedHost: Field = new Field("x-forwarded-host");
  readonly forwardedProto: Field = new Field("x-forwarded-proto");

  /** Reads the head at [start, end) of `bytes`, which are those of `view`. */
  parse(view: DataView, bytes: Uint8Array, start: number, end: number): void {
    this.#clear();
    let at = start;
    while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++; // empty lines before a request
    const lineEnd = lineEndOf(view, at, end);
    this.#parseRequestLine(bytes, at, lineEnd);
    this.parseFields(view, bytes, lineEnd + 1, end);
  }

  /** Reads field lines alone, as where a head's beginning was not captured. */
  parseFields(view: DataView, bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const lineEnd = lineEndOf(view, at, end);
      if (lineEnd >= end) return; // cut
      const field = this.#fieldOf(bytes, at, lineEnd);
      if (field && !field.present) setValue(field, bytes, at + field.name.length, lineEnd);
      at = lineEnd + 1;
    }
  }

  #clear(): void {
    this.method.clear();
    this.target.clear();
    this.path.clear();
    this.query.clear();
    this.authority.clear();
    this.host.clear();
    this.userAgent.clear();
    this.traceparent.clear();
    this.tracestate.clear();
    this.forwarded.clear();
    this.forwardedFor.clear();
    this.forwardedHost.clear();
    this.forwardedProto.clear();
  }

  #parseRequestLine(bytes: Uint8Array, start: number, end: number): void {
    const methodEnd = indexOf(bytes, SPACE, start, end);
    const targetStart = methodEnd + 1;
    let targetEnd = targetStart;
    let pathEnd = 0;
    for (; targetEnd < end; targetEnd++) {
      const byte = bytes[targetEnd]!;
      if (byte <= SPACE) break; // the version follows
      if (pathEnd === 0 && (byte === QUESTION || byte === HASH)) pathEnd = targetEnd;
    }
    if (targetEnd === targetStart) return;
    this.method.set(start, methodEnd);
    this.target.set(targetStart, targetEnd);
    if (pathEnd === 0) pathEnd = targetEnd;
    else if (bytes[pathEnd] === QUESTION) this.query.set(pathEnd + 1, targetEnd);
    if (bytes[targetStart] === SLASH) this.path.set(targetStart, pathEnd);
    else this.#parseAuthority(bytes, targetStart, pathEnd);
  }

  /** `http://host:port/path`, CONNECT's `host:port`, or `*`. */
  #parseAuthority(bytes: Uint8Array, start: number, end: number): void {
    const separator = indexOf(bytes, COLON, start, end);
    const absolute = bytes[separator + 1] === SLASH && bytes[separator + 2] === SLASH;
    if (!absolute) {
      if (separator < end) this.authority.set(start, end);
      else this.path.set(start, end);
      return;
    }
    const from = separator + 3;
    const pathStart = indexOf(bytes, SLASH, from, end);
    this.authority.set(from, pathStart);
    if (pathStart < end) this.path.set(pathStart, end);
  }

  #fieldOf(bytes: Uint8Array, start: number, end: number): Field | undefined {
    switch (bytes[start]! | LOWER) {
      case 0x68: // h
        return isNamed(this.host, bytes, start, end);
      case 0x75: // u
        return isNamed(this.userAgent, bytes, start, end);
      case 0x74: // t
        return isNamed(this.traceparent, bytes, start, end) ?? isNamed(this.tracestate, bytes, start, end);
      case 0x66: // f
        return isNamed(this.forwarded, bytes, start, end);
      case 0x78: // x
        return (
          isNamed(this.forwardedFor, bytes, start, end) ??
          isNamed(this.forwardedHost, bytes, start, end) ??
          isNamed(this.forwardedProto, bytes, start, end)
        );
      default:
        return undefined;
    }
  }
}

/** All values of a field in a head, in order. Not for every request: it makes strings. */
export function headerValues(view: DataView, start: number, end: number, name: string): string[] {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const field = new Field(name);
  const values: string[] = [];
  for (let at = lineEndOf(view, start, end) + 1; at < end; ) {
    const lineEnd = lineEndOf(view, at, end);
    if (lineEnd >= end) break; // cut
    if (isNamed(field, bytes, at, lineEnd)) {
      setValue(field, bytes, at + field.name.length, lineEnd);
      values.push(Buffer.from(bytes.subarray(field.start, field.end)).toString("utf8"));
    }
    at = lineEnd + 1;
  }
  return values;
}

function isNamed(field: Field, bytes: Uint8Array, start: number, end: number): Field | undefined {
  const { name } = field;
  if (end - start < name.length) return undefined;
  for (let i = 0; i < name.length; i++) {
    // Lower case of letters; "-" and ":" have the bit already.
    if ((bytes[start + i]! | LOWER) !== name[i]) return undefined;
  }
  return field;
}

/** A value without the blanks around it. */
function setValue(field: Field, bytes: Uint8Array, start: number, end: number): void {
  let from = start;
  let to = end;
  while (from < to && isBlank(bytes[from]!)) from++;
  while (to > from && (isBlank(bytes[to - 1]!) || bytes[to - 1] === CR)) to--;
  if (to > from) field.set(from, to);
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** The position of the newline, or `end`; four bytes at a time, since this looks at every byte of a head. */
function lineEndOf(view: DataView, start: number, end: number): number {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true) ^ 0x0a0a0a0a;
    const zeros = (word - 0x01010101) & ~word & 0x80808080; // the lowest mark is a zero byte: a newline
    if (zeros !== 0) return at + ((31 - Math.clz32(zeros & -zeros)) >> 3);
  }
  while (at < end && view.getUint8(at) !== LF) at++;
  return at;
}

function indexOf(bytes: Uint8Array, byte: number, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}
