// Cuts a request into requests of a bounded number of items; bytes that need no cutting are passed on as they are.
import { addChunk } from "./chunks.ts";
import { countItems } from "./count.ts";
import { Reader } from "./protobuf/reader.ts";
import { RunWriter } from "./protobuf/run-writer.ts";
import type { Shape } from "./shape.ts";

/** One request of the result: its bytes, in chunks, and how many items are in it. */
export interface Piece {
  readonly chunks: readonly Uint8Array[];
  readonly itemCount: number;
}

/** A message being cut: reopened with the same header in each piece it reaches into. */
interface OpenMessage {
  readonly tag: number;
  /** Its fields that are not children (resource, scope, metric name), as encoded. */
  readonly header: readonly Uint8Array[];
  start: number;
}

/** Cuts `chunks` into `firstItems`, then pieces of exactly `maxItems`, but for the last. Throws MalformedError. */
export function splitItems(
  chunks: readonly Uint8Array[],
  shape: Shape,
  maxItems: number,
  firstItems: number = maxItems,
): Piece[] {
  const splitter = new Splitter(maxItems, firstItems);
  for (const chunk of chunks) splitter.add(new Reader(chunk), shape);
  return splitter.finish();
}

class Splitter {
  readonly #maxItems: number;
  /** Of the piece at hand. */
  #limit: number;
  readonly #out = new RunWriter();
  readonly #open: OpenMessage[] = [];
  readonly #pieces: Piece[] = [];
  #chunks: Uint8Array[] = [];
  #itemCount = 0;

  constructor(maxItems: number, firstItems: number) {
    this.#maxItems = maxItems;
    this.#limit = firstItems;
  }

  add(reader: Reader, { children, child }: Shape): void {
    while (reader.next()) {
      if (children.includes(reader.field)) this.#addChild(reader, child);
      else if (this.#open.length === 0) this.#take(reader, 0); // An open message has its other fields in its header.
    }
  }

  #addChild(reader: Reader, child: Shape | undefined): void {
    const count = child ? countItems(reader.message(), child) : 1;
    if (count > 0 && this.#itemCount === this.#limit) this.#flush();
    if (this.#itemCount + count > this.#limit && child) this.#cut(reader, child);
    else this.#take(reader, count);
  }

  finish(): Piece[] {
    if (this.#itemCount > 0 || this.#chunks.length > 0) this.#endPiece();
    return this.#pieces;
  }

  /** Adds the whole field `reader` is at. */
  #take({ buf, tagStart, stop }: Reader, count: number): void {
    this.#itemCount += count;
    if (this.#open.length > 0) this.#out.copy(buf, tagStart, stop);
    else addChunk(this.#chunks, buf.subarray(tagStart, stop));
  }

  /** Adds what is in the message `reader` is at, child by child. */
  #cut(reader: Reader, child: Shape): void {
    const header = fieldsBut(reader.message(), child.children);
    const message: OpenMessage = { tag: (reader.field << 3) | 2, header, start: 0 };
    this.#begin(message);
    this.#open.push(message);
    this.add(reader.message(), child);
    this.#open.pop();
    this.#out.end(message.start);
    if (this.#open.length === 0) addChunk(this.#chunks, this.#out.take());
  }

  #begin(message: OpenMessage): void {
    message.start = this.#out.begin(message.tag);
    for (const field of message.header) this.#out.copy(field, 0, field.length);
  }

  /** Ends the piece and opens the messages around the cut anew for the next. */
  #flush(): void {
    for (const message of this.#open.toReversed()) this.#out.end(message.start);
    if (this.#open.length > 0) addChunk(this.#chunks, this.#out.take());
    this.#endPiece();
    for (const message of this.#open) this.#begin(message);
  }

  #endPiece(): void {
    this.#pieces.push({ chunks: this.#chunks, itemCount: this.#itemCount });
    this.#chunks = [];
    this.#itemCount = 0;
    this.#limit = this.#maxItems;
  }
}

/** The fields of a message that are not in `children`, tags and all. */
function fieldsBut(reader: Reader, children: readonly number[]): Uint8Array[] {
  const fields: Uint8Array[] = [];
  while (reader.next()) {
    if (!children.includes(reader.field)) fields.push(reader.buf.subarray(reader.tagStart, reader.stop));
  }
  return fields;
}
