// One component's file: an append log with an index in memory, written anew when most of it is dead.
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Logger } from "../../component/index.ts";
import type { StorageClient, StorageOperation } from "../../component/storage.ts";
import { compact } from "./compact.ts";
import type { FileStorageConfig } from "./config.ts";
import { FileLock } from "./lock.ts";
import { changesOf, type Extent, encodeRecord, FRAME_BYTES, HEADER } from "./record.ts";
import { ForeignFileError, readAt, recover } from "./recovery.ts";

const MIB = 1024 * 1024;
/** Less than this is never worth writing the file anew. */
const LEAST_DEAD_BYTES = 16 * MIB;

type Results = readonly (Buffer | undefined)[];

/** A batch that waits for its turn. */
interface Job {
  readonly operations: readonly StorageOperation[];
  readonly record: Buffer | undefined;
  readonly done: PromiseWithResolvers<Results>;
}

/** A storage client. Batches are written in the order of the calls; those that wait together are written together. */
export class FileClient implements StorageClient {
  /** Called once, when the client has closed. */
  onClose: () => void = () => {};
  readonly #path: string;
  readonly #config: FileStorageConfig;
  readonly #logger: Logger;
  readonly #lock: FileLock;
  #file: FileHandle;
  #extents: Map<string, Extent>;
  /** Where the last record ends. */
  #end: number;
  #liveBytes = 0;
  /** Whether so much was stored at once that `on_rebound` waits for it to go. */
  #swollen = false;
  /** When to try again after a compaction failed. */
  #compactAfter = 0;
  readonly #queue: Job[] = [];
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    path: string,
    config: FileStorageConfig,
    logger: Logger,
    lock: FileLock,
    opened: Opened,
  ) {
    this.#path = path;
    this.#config = config;
    this.#logger = logger;
    this.#lock = lock;
    this.#file = opened.file;
    this.#extents = opened.extents;
    this.#end = opened.end;
    for (const { length } of opened.extents.values()) this.#liveBytes += length;
  }

  /** Opens the file at `path`, alone, and says what of it was lost. */
  static async open(path: string, config: FileStorageConfig, logger: Logger): Promise<FileClient> {
    const lock = await FileLock.take(`${path}.lock`, config.timeoutMs);
    try {
      const client = new FileClient(path, config, logger, lock, await openFile(path, config, logger));
      if (config.compaction.onStart) await client.#compact().catch(client.#compactionFailed);
      return client;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async get(key: string): Promise<Buffer | undefined> {
    const [value] = await this.batch([{ type: "get", key }]);
    return value;
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await this.batch([{ type: "set", key, value }]);
  }

  async delete(key: string): Promise<void> {
    await this.batch([{ type: "delete", key }]);
  }

  async batch(operations: readonly StorageOperation[]): Promise<Results> {
    if (this.#closing) throw new Error(`write ${this.#path}: the storage client is closed`);
    const done = Promise.withResolvers<Results>();
    this.#queue.push({ operations, record: encodeRecord(operations), done });
    this.#running ??= this.#run();
    return done.promise;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#running;
    await this.#file.close();
    await this.#lock.release();
    this.onClose();
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const jobs = this.#queue.splice(0);
      try {
        await this.#write(jobs);
      } catch (error) {
        for (const { done } of jobs) done.reject(error);
        continue;
      }
      for (const job of jobs) await this.#finish(job);
      if (this.#worthCompacting()) await this.#compact().catch(this.#compactionFailed);
    }
    this.#running = undefined;
  }

  /** Appends the records of all jobs; none of them is there when that fails. */
  async #write(jobs: readonly Job[]): Promise<void> {
    const bytes = Buffer.concat(jobs.flatMap(({ record }) => record ?? []));
    if (bytes.length === 0) return;
    try {
      for (let written = 0; written < bytes.length; ) {
        const length = bytes.length - written;
        written += (await this.#file.write(bytes, written, length, this.#end + written)).bytesWritten;
      }
      if (this.#config.fsync) await this.#file.datasync();
    } catch (cause) {
      await this.#file.truncate(this.#end).catch(() => {}); // Else the next record covers it, or recovery cuts it off.
      throw new Error(`write ${this.#path}: ${(cause as Error).message}`, { cause });
    }
  }

  /** Makes a job's changes visible and reads what it asked for, in the order of its operations. */
  async #finish({ operations, record, done }: Job): Promise<void> {
    const changes = record ? changesOf(record.subarray(FRAME_BYTES))[Symbol.iterator]() : undefined;
    const start = this.#end + FRAME_BYTES;
    this.#end += record?.length ?? 0;
    const results: (Buffer | Error | undefined)[] = [];
    for (const operation of operations) {
      if (operation.type === "get") {
        results.push(await this.#read(operation.key));
        continue;
      }
      const value = changes?.next().value?.value as Extent | undefined;
      this.#change(operation.key, value && { offset: start + value.offset, length: value.length });
      results.push(undefined);
    }
    const failure = results.find((result) => result instanceof Error);
    if (failure) done.reject(failure);
    else done.resolve(results as Results);
  }

  /** What is under `key`, or why it could not be read: the job's other operations go on. */
  async #read(key: string): Promise<Buffer | Error | undefined> {
    const extent = this.#extents.get(key);
    try {
      return extent && (await readAt(this.#file, extent.offset, extent.length));
    } catch (cause) {
      return new Error(`read ${this.#path}: ${(cause as Error).message}`, { cause });
    }
  }

  #change(key: string, extent: Extent | undefined): void {
    this.#liveBytes += (extent?.length ?? 0) - (this.#extents.get(key)?.length ?? 0);
    this.#extents.delete(key);
    if (extent) this.#extents.set(key, extent);
  }

  #worthCompacting(): boolean {
    const { onRebound, reboundNeededThresholdMib, reboundTriggerThresholdMib } = this.#config.compaction;
    if (performance.now() < this.#compactAfter) return false;
    const dead = this.#end - this.#liveBytes;
    if (dead > Math.max(LEAST_DEAD_BYTES, this.#liveBytes)) return true;
    if (!onRebound) return false;
    this.#swollen ||= this.#liveBytes > reboundNeededThresholdMib * MIB;
    return this.#swollen && this.#liveBytes < reboundTriggerThresholdMib * MIB;
  }

  /** Puts a file with what is alive in this one's place. */
  async #compact(): Promise<void> {
    const { directory } = this.#config.compaction;
    const made = await compact(this.#file, this.#extents, this.#path, directory);
    await this.#file.close();
    this.#file = made.file;
    this.#extents = made.extents;
    this.#end = made.end;
    this.#swollen = false;
  }

  readonly #compactionFailed = (error: Error): void => {
    this.#compactAfter = performance.now() + this.#config.compaction.checkIntervalMs;
    this.#logger.error({ file: this.#path, error: error.message }, "Storage file could not be compacted.");
  };
}

/** A file that was read. */
interface Opened {
  readonly file: FileHandle;
  readonly extents: Map<string, Extent>;
  readonly end: number;
}

async function openFile(path: string, config: FileStorageConfig, logger: Logger): Promise<Opened> {
  await rm(`${path}.compact`, { force: true }); // What a crash has left of a compaction.
  const file = await open(path, openFlags, 0o600);
  try {
    return await readFile(path, file, logger);
  } catch (cause) {
    await file.close();
    if (!(cause instanceof ForeignFileError)) throw cause;
    if (!config.recreate) {
      const advice = "remove it, or let `recreate: true` move it aside";
      throw new Error(`open ${path}: it is no storage file of ours (${cause.message}): ${advice}`, { cause });
    }
    await rename(path, `${path}.backup`);
    logger.warn(
      { file: path, backup: `${path}.backup` },
      "Moved a file aside that is no storage file of ours.",
    );
    return openFile(path, { ...config, recreate: false }, logger);
  }
}

/** To read and write, without what it holds being lost; made when there is none. */
const openFlags = 0o102; // O_RDWR | O_CREAT

async function readFile(path: string, file: FileHandle, logger: Logger): Promise<Opened> {
  const { size } = await file.stat();
  const { extents, end, lostBytes, lostRecords } = await recover(file, size);
  if (lostBytes > 0 || lostRecords > 0) {
    const lost = { lost_bytes: lostBytes, lost_records: lostRecords, keys: extents.size };
    logger.warn(
      { file: path, ...lost },
      "Storage file was damaged. What is behind its last good record is lost.",
    );
  }
  await file.truncate(end);
  if (end < HEADER.length) await file.write(HEADER, 0, HEADER.length, 0);
  return { file, extents, end: Math.max(end, HEADER.length) };
}
