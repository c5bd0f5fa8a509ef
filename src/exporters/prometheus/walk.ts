// Hot path: walks a request down to its data points, and cuts off by which bytes things are known again.
import { Reader } from "../../pdata/protobuf/reader.ts";

/** A message cut in two: its children, and the bytes of everything else as the key by which it is known again. */
export interface Cut {
  readonly key: string;
  readonly children: readonly Reader[];
}

/** A data point cut in two: its attributes as a key, and everything else. */
export interface CutPoint {
  /** Undefined when the attributes are not in one place. */
  readonly attributes: string | undefined;
  readonly rest: Reader;
}

/** Cuts a message whose children are its fields `child`. The reader must not have been moved. Throws MalformedError. */
export function cut(message: Reader, child: number): Cut {
  const { buf } = message;
  const children: Reader[] = [];
  let key = "";
  let start = message.stop; // Where a run of other fields begins.
  while (message.next()) {
    if (message.field !== child) continue;
    children.push(message.message());
    if (message.tagStart > start) key += latin1(buf, start, message.tagStart);
    start = message.stop;
  }
  if (message.end > start) key += latin1(buf, start, message.end);
  return { key, children };
}

/** Cuts a data point whose attributes are its fields `field`. The reader must not have been moved. Throws MalformedError. */
export function cutPoint(message: Reader, field: number): CutPoint {
  const { buf, stop: begin, end } = message;
  let first = end;
  let last = end;
  let bytes = 0;
  while (message.next()) {
    if (message.field !== field) continue;
    if (bytes === 0) first = message.tagStart;
    last = message.stop;
    bytes += last - message.tagStart;
  }
  if (bytes !== last - first) return { attributes: undefined, rest: new Reader(buf, begin, end) };
  return { attributes: latin1(buf, first, last), rest: without(buf, begin, end, first, last) };
}

/** A reader over `buf[begin, end)` without `[first, last)`; only what has bytes on both sides is copied. */
function without(buf: Uint8Array, begin: number, end: number, first: number, last: number): Reader {
  if (last === end) return new Reader(buf, begin, first);
  if (first === begin) return new Reader(buf, last, end);
  return new Reader(Buffer.concat([buf.subarray(begin, first), buf.subarray(last, end)]));
}

/** A reader over the bytes that became a key. */
export function readerOfKey(key: string): Reader {
  return new Reader(Buffer.from(key, "latin1"));
}

/** Bytes as a string of as many characters: the cheapest key of a Map. */
function latin1(buf: Uint8Array, start: number, stop: number): string {
  return Buffer.from(buf.buffer, buf.byteOffset + start, stop - start).toString("latin1");
}
