// What of a queue is on disk: one key per request, and one that says which there are.
import type { Host } from "../../component/index.ts";
import { isStorageExtension, type StorageClient } from "../../component/storage.ts";
import { type FieldTable, readFields } from "../../pdata/decode/message.ts";
import type { Signal } from "../../pdata/index.ts";
import { Reader } from "../../pdata/protobuf/reader.ts";
import { Writer } from "../../pdata/protobuf/writer.ts";
import type { Request } from "./batcher.ts";
import { decodeRequest, encodeRequest } from "./stored-request.ts";

/** The key of the queue's metadata, as the Collector names it. */
const METADATA_KEY = "qmv0";

/** The storage client of one exporter and signal. Throws, in the Collector's words, when there is no such storage. */
export function storageClient(host: Host, storage: string, id: string, name: string): Promise<StorageClient> {
  const extension = host.extension(storage);
  if (!extension) throw new Error("no storage client extension found");
  if (!isStorageExtension(extension)) throw new Error("requested extension is not a storage extension");
  return extension.getClient("exporter", id, name);
}

/** How much there is of what a queue may be bounded by. */
export interface StoredSize {
  readonly items: number;
  readonly bytes: number;
}

/** The size of a request, to be known before it is sent: its memory may be another's afterwards. */
export function storedSize({ data }: Request<Signal>): StoredSize {
  return { items: data.itemCount, bytes: data.byteLength };
}

/**
 * The requests of a persistent queue, by ascending index.
 *
 * The metadata is written with every change of what there is: `readIndex` is the first that nobody has asked for yet,
 * `dispatched` are those before it that are not removed. A crash at any moment leaves both as of the last change, so
 * that every request that was put and not removed is found again; one that was under way is delivered once more.
 */
export class QueueStore<S extends Signal> {
  readonly #client: StorageClient;
  readonly #signal: S;
  readonly #dispatched = new Set<number>();
  /** Of requests that could not be stored; the next ones have them. */
  readonly #unused = new Set<number>();
  #readIndex = 0;
  #writeIndex = 0;
  #items = 0;
  #bytes = 0;

  constructor(client: StorageClient, signal: S) {
    this.#client = client;
    this.#signal = signal;
  }

  get size(): StoredSize {
    return { items: this.#items, bytes: this.#bytes };
  }

  /** Reads what a former run has left. Gives the indices, in the order in which they are to be sent. */
  async open(): Promise<readonly number[]> {
    const stored = await this.#client.get(METADATA_KEY);
    if (!stored) return [];
    const metadata = readFields<Metadata>(new Reader(stored), { ...EMPTY, dispatched: [] }, METADATA);
    this.#readIndex = metadata.readIndex;
    this.#writeIndex = metadata.writeIndex;
    this.#items = metadata.items;
    this.#bytes = metadata.bytes;
    for (const index of metadata.dispatched) this.#dispatched.add(index);
    const waiting = Array.from({ length: this.#writeIndex - this.#readIndex }, (_, i) => this.#readIndex + i);
    return [...metadata.dispatched, ...waiting];
  }

  /** Stores a request; it survives from when this resolves. Gives its index. */
  async put(request: Request<S>): Promise<number> {
    const index = this.#nextIndex();
    const size = storedSize(request);
    this.#add(size, 1);
    const operations = [{ type: "set", key: `${index}`, value: encodeRequest(request) } as const];
    try {
      await this.#client.batch([...operations, this.#metadata()]);
    } catch (error) {
      this.#dispatched.delete(index);
      this.#unused.add(index);
      this.#add(size, -1);
      throw error;
    }
    return index;
  }

  #nextIndex(): number {
    const [unused] = this.#unused;
    if (unused === undefined) return this.#writeIndex++;
    this.#unused.delete(unused);
    if (unused < this.#readIndex) this.#dispatched.add(unused);
    return unused;
  }

  /** Marks a request as being sent; it stays until it is removed. One that was put before it need not be marked yet. */
  dispatch(index: number): void {
    this.#dispatched.add(index);
    for (; this.#readIndex <= index; this.#readIndex++) {
      if (!this.#unused.has(this.#readIndex)) this.#dispatched.add(this.#readIndex);
    }
  }

  /** The request at `index`; undefined when it is not there. Throws MalformedError. */
  async read(index: number): Promise<Request<S> | undefined> {
    const stored = await this.#client.get(`${index}`);
    return stored && decodeRequest(this.#signal, stored);
  }

  /** Forgets a request that was dispatched; its size is undefined where it could not be read. */
  async remove(index: number, size: StoredSize | undefined): Promise<void> {
    this.#dispatched.delete(index);
    if (size) this.#add(size, -1);
    await this.#client.batch([{ type: "delete", key: `${index}` }, this.#metadata()]);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #add({ items, bytes }: StoredSize, sign: 1 | -1): void {
    this.#items = Math.max(0, this.#items + sign * items);
    this.#bytes = Math.max(0, this.#bytes + sign * bytes);
  }

  #metadata(): { type: "set"; key: string; value: Uint8Array } {
    const out = new Writer(64 + 9 * this.#dispatched.size);
    out.fixed64(0x09, this.#items);
    out.fixed64(0x11, this.#bytes);
    out.fixed64(0x19, this.#readIndex);
    out.fixed64(0x21, this.#writeIndex);
    for (const index of this.#dispatched) out.fixed64(0x29, index);
    return { type: "set", key: METADATA_KEY, value: out.take() };
  }
}

interface Metadata extends StoredSize {
  readonly readIndex: number;
  readonly writeIndex: number;
  readonly dispatched: number[];
}

const EMPTY: Metadata = { items: 0, bytes: 0, readIndex: 0, writeIndex: 0, dispatched: [] };

const METADATA: FieldTable<Metadata> = {
  1: (into, field) => {
    into.items = Number(field.fixed64());
  },
  2: (into, field) => {
    into.bytes = Number(field.fixed64());
  },
  3: (into, field) => {
    into.readIndex = Number(field.fixed64());
  },
  4: (into, field) => {
    into.writeIndex = Number(field.fixed64());
  },
  5: (into, field) => {
    into.dispatched.push(Number(field.fixed64()));
  },
};
