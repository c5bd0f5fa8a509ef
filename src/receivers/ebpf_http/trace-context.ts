// Hot path: W3C Trace Context, read from bytes. https://www.w3.org/TR/trace-context/

/** `00-<32 hex>-<16 hex>-<2 hex>` */
const TRACE_ID_AT = 3;
const PARENT_ID_AT = 36;
const FLAGS_AT = 53;
const VERSION_00_BYTES = 55;
const DASH = 0x2d;

/** The ids of the last traceparent that was read. Reused for every request. */
export class TraceParent {
  readonly traceId: Uint8Array = new Uint8Array(16);
  readonly parentId: Uint8Array = new Uint8Array(8);

  /** Reads bytes[start, end); false where it is not valid, and says nothing then. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length < VERSION_00_BYTES) return false;
    if (bytes[start + 2] !== DASH || bytes[start + 35] !== DASH || bytes[start + 52] !== DASH) return false;
    const version = hexByte(bytes, start);
    if (version < 0 || version === 0xff || hexByte(bytes, start + FLAGS_AT) < 0) return false;
    // Later versions may have more, behind a dash.
    if (length > VERSION_00_BYTES && (version === 0 || bytes[start + VERSION_00_BYTES] !== DASH))
      return false;
    return (
      readHex(bytes, start + TRACE_ID_AT, this.traceId) && readHex(bytes, start + PARENT_ID_AT, this.parentId)
    );
  }
}

/** False where a digit is not lower-case hexadecimal, or all are zero. */
function readHex(bytes: Uint8Array, start: number, into: Uint8Array): boolean {
  let any = 0;
  for (let i = 0; i < into.length; i++) {
    const byte = hexByte(bytes, start + 2 * i);
    if (byte < 0) return false;
    any |= byte;
    into[i] = byte;
  }
  return any !== 0;
}

/** Two digits as a number, negative where one is none. */
function hexByte(bytes: Uint8Array, at: number): number {
  return (digit(bytes[at]!) << 4) | digit(bytes[at + 1]!);
}

function digit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
}
