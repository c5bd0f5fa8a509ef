// One component's file: an append log with an index in memory, written anew when most of it is dead.
import type { FileHandle } from "node:fs/promises";
import type { Logger } from "../../component/index.ts";
import type { StorageClient, StorageOperation } from "../../component/storage.ts";
import { compact } from "./compact.ts";
import type { FileStorageConfig } from "./config.ts";
import { FileLock } from "./lock.ts";
import { type Opened, openFile } from "./open-file.ts";
import { mayWait, Postponed } from "./postponed.ts";
import { type Extent, encodeRecord, extentsIn, HEADER } from "./record.ts";
import { readAt } from "./recovery.ts";

const MIB = 1024 * 1024;
/** Less than this is never worth writing the file anew. */
const LEAST_DEAD_BYTES = 16 * MIB;
/** How long a full disk is left alone. */
const FULL_MS = 100;

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
  /** Removals that found no room. */
  readonly #postponed = new Postponed();
  /** Why nothing is written for a moment. */
  #full: { readonly error: Error; readonly until: number } | undefined;
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
    await this.#writeLate();
    await this.#file.close();
    await this.#lock.release();
    this.onClose();
  }

  /** What had to wait, the last time that it can be written. */
  async #writeLate(): Promise<void> {
    const late = this.#postponed.record();
    if (!late) return;
    await this.#append(late).catch((error: Error) =>
      this.#logger.error({ error: error.message }, "What was removed could not be written: it will be back."),
    );
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      await this.#perform(this.#queue.splice(0));
      if (this.#isAllDead()) await this.#beginAnew().catch(this.#compactionFailed);
      else if (this.#worthCompacting()) await this.#compact().catch(this.#compactionFailed);
    }
    this.#running = undefined;
  }

  /** Writes all jobs together or, where that fails, each by itself: one that is too large holds up nobody else. */
  async #perform(jobs: readonly Job[]): Promise<void> {
    try {
      await this.#write(jobs);
    } catch (error) {
      if (jobs.length > 1) for (const job of jobs) await this.#perform([job]);
      else await this.#fail(jobs[0]!, error as Error);
      return;
    }
    for (const job of jobs) await this.#finish(job);
  }

  /** Refuses a job or, on a full disk, lets one wait that makes room. */
  async #fail(job: Job, error: Error): Promise<void> {
    if (!isFull(error) || !mayWait(job.operations)) {
      job.done.reject(error);
      return;
    }
    if (this.#postponed.isEmpty) {
      this.#logger.warn(
        { file: this.#path, error: error.message },
        "No room to write what was removed: it is kept in memory until there is.",
      );
    }
    for (const operation of job.operations) {
      this.#postponed.add(operation);
      if (operation.type !== "get") this.#change(operation.key, undefined);
    }
    await this.#answer(job);
  }

  /** Appends the records of all jobs, behind those that had to wait; none of them is there when that fails. */
  async #write(jobs: readonly Job[]): Promise<void> {
    const records = jobs.flatMap(({ record }) => record ?? []);
    if (records.length === 0) return;
    if (this.#full && performance.now() < this.#full.until) throw this.#full.error;
    this.#full = undefined;
    const late = this.#postponed.record();
    await this.#append(Buffer.concat(late ? [late, ...records] : records));
    if (late) this.#written(late);
  }

  /** What had to wait is in the file now, at its end. */
  #written(late: Buffer): void {
    this.#postponed.clear();
    for (const [key, extent] of extentsIn(late, this.#end)) this.#change(key, extent);
    this.#end += late.length;
  }

  async #append(bytes: Buffer): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        const length = bytes.length - written;
        written += (await this.#file.write(bytes, written, length, this.#end + written)).bytesWritten;
      }
      if (this.#config.fsync) await this.#file.datasync();
    } catch (cause) {
      await this.#file.truncate(this.#end).catch(() => {}); // Else the next record covers it, or recovery cuts it off.
      const error = new Error(`write ${this.#path}: ${(cause as Error).message}`, { cause });
      if (isFull(error)) this.#full = { error, until: performance.now() + FULL_MS };
      throw error;
    }
  }

  /** Makes a job's changes visible and reads what it asked for, in the order of its operations. */
  async #finish(job: Job): Promise<void> {
    const { record } = job;
    const start = this.#end;
    this.#end += record?.length ?? 0;
    await this.#answer(job, record && extentsIn(record, start)[Symbol.iterator]());
  }

  async #answer({ operations, done }: Job, changes?: Iterator<[string, Extent | undefined]>): Promise<void> {
    const results: (Buffer | Error | undefined)[] = [];
    for (const operation of operations) {
      if (operation.type === "get") {
        results.push(await this.#read(operation.key));
        continue;
      }
      if (changes) this.#change(operation.key, changes.next().value?.[1]);
      results.push(undefined);
    }
    const failure = results.find((result) => result instanceof Error);
    if (failure) done.reject(failure);
    else done.resolve(results as Results);
  }

  /** What is under `key`, or why it could not be read: the job's other operations go on. */
  async #read(key: string): Promise<Buffer | Error | undefined> {
    if (this.#postponed.has(key)) return this.#postponed.get(key);
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
    const least = this.#postponed.isEmpty ? LEAST_DEAD_BYTES : 0;
    if (dead > Math.max(least, this.#liveBytes)) return true;
    if (!onRebound) return false;
    this.#swollen ||= this.#liveBytes > reboundNeededThresholdMib * MIB;
    return this.#swollen && this.#liveBytes < reboundTriggerThresholdMib * MIB;
  }

  /** Whether a full disk has nothing of ours that anybody needs. */
  #isAllDead(): boolean {
    return !this.#postponed.isEmpty && this.#extents.size === 0;
  }

  /** Cuts a file off in which nothing is alive. What had to wait takes the place of its beginning: that needs no room. */
  async #beginAnew(): Promise<void> {
    const late = this.#postponed.recordOfValues();
    this.#end = HEADER.length;
    if (late) await this.#append(late);
    await this.#file.truncate(HEADER.length + (late?.length ?? 0));
    this.#full = undefined;
    if (late) this.#written(late);
    else this.#postponed.clear();
  }

  /** Puts a file with what is alive in this one's place. */
  async #compact(): Promise<void> {
    const { directory } = this.#config.compaction;
    const late = this.#postponed.recordOfValues();
    const made = await compact(this.#file, this.#extents, late, this.#path, directory);
    await this.#file.close();
    this.#postponed.clear();
    this.#full = undefined;
    this.#liveBytes = 0;
    for (const { length } of made.extents.values()) this.#liveBytes += length;
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

function isFull({ cause }: Error): boolean {
  return ["ENOSPC", "EDQUOT"].includes((cause as NodeJS.ErrnoException).code ?? "");
}
