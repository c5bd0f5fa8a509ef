// Hot path: a writer for messages that are mostly copies of others: fields that touch are copied as one run.
import type { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/** Copies fields of messages being read, between what is written anew. */
export class RunWriter {
  readonly #out: Writer = new Writer();
  #run: Uint8Array | undefined;
  #start = 0;
  #stop = 0;

  /** For what is not a copy; what was copied so far is before it. */
  get writer(): Writer {
    this.#flush();
    return this.#out;
  }

  /** Copies the whole field `reader` is at, tag and all. */
  copyField({ buf, tagStart, stop }: Reader): void {
    this.copy(buf, tagStart, stop);
  }

  copy(buf: Uint8Array, start: number, stop: number): void {
    if (buf !== this.#run || start !== this.#stop) {
      this.#flush();
      this.#run = buf;
      this.#start = start;
    }
    this.#stop = stop;
  }

  /** Opens a message field and returns what `end` needs. */
  begin(tag: number): number {
    return this.writer.begin(tag);
  }

  end(start: number): void {
    this.writer.end(start);
  }

  /** What was written since the last `take`. */
  take(): Buffer {
    return this.writer.take();
  }

  /** The same, until something is written again. */
  takeView(): Buffer {
    return this.writer.takeView();
  }

  #flush(): void {
    if (this.#run) this.#out.append(this.#run, this.#start, this.#stop);
    this.#run = undefined;
  }
}
