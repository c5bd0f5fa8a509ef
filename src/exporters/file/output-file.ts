// One file that is written: in order, through a small buffer, never ending in the middle of a record.
import { type FileHandle, mkdir, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Logger } from "../../component/index.ts";
import { fileErrorText } from "../../confmap/file-error.ts";
import { Backups } from "./backups.ts";
import { directoryMode, type FileConfig } from "./config.ts";
import { nativeCompression } from "./record.ts";

/** What may be lost when the process is killed, besides what came since the last flush: the Collector's buffer. */
const BUFFER_BYTES = 4096;
const FILE_MODE = 0o644;
const MEBIBYTE = 1024 * 1024;
const DEFAULT_MEGABYTES = 100;
const DEFAULT_FLUSH_MS = 1000;

/** Whether a file that is there is written on, whatever the configuration says. */
export type KeepExisting = (path: string) => Promise<boolean>;

/** A file of the exporter. Everything that is done to it happens in the order in which it was asked for. */
export class OutputFile {
  readonly path: string;
  readonly #config: FileConfig;
  readonly #logger: Logger;
  readonly #keepExisting: KeepExisting;
  readonly #compress: ((bytes: Buffer) => Buffer) | undefined;
  readonly #backups: Backups | undefined;
  #handle: FileHandle | undefined;
  /** Where the last whole record ends; undefined for what is not a regular file. */
  #size: number | undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, config: FileConfig, logger: Logger, keepExisting: KeepExisting) {
    this.path = path;
    this.#config = config;
    this.#logger = logger;
    this.#keepExisting = keepExisting;
    this.#compress = nativeCompression(config);
    this.#backups = config.rotation && new Backups(path, config.rotation, logger);
  }

  /** Opens the file; done by the first write otherwise. */
  open(): Promise<void> {
    return this.#inOrder(() => this.#ensureOpen());
  }

  /** Resolves when the record is in the file or its buffer. */
  write(record: Buffer): Promise<void> {
    return this.#inOrder(async () => {
      await this.#ensureOpen();
      if (this.#backups) await this.#writeRotating(this.#compress?.(record) ?? record, this.#backups);
      else await this.#writeBuffered(record);
    });
  }

  /** Writes what is in the buffer and closes the file. */
  close(): Promise<void> {
    return this.#inOrder(async () => {
      clearInterval(this.#timer);
      this.#timer = undefined;
      try {
        await this.#flush();
      } finally {
        await this.#handle?.close();
        this.#handle = undefined;
      }
    });
  }

  #inOrder<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => {}); // Who asked is told; the next is not held up.
    return result;
  }

  async #ensureOpen(): Promise<void> {
    if (this.#handle) return;
    const keep = this.#config.append || this.#backups !== undefined || (await this.#keepExisting(this.path));
    this.#handle = await this.#openFile(keep);
    const stats = await this.#handle.stat();
    this.#size = stats.isFile() ? stats.size : undefined;
    if (this.#backups) await this.#backups.clean();
    else this.#timer ??= setInterval(() => void this.#flushByTimer(), this.#flushMs).unref();
  }

  async #openFile(keep: boolean): Promise<FileHandle> {
    if (this.#backups)
      await mkdir(dirname(this.path), { recursive: true, mode: directoryMode(this.#config) });
    try {
      return await open(this.path, keep ? "a" : "w", FILE_MODE);
    } catch (cause) {
      throw new Error(fileErrorText(this.path, cause as NodeJS.ErrnoException), { cause });
    }
  }

  get #flushMs(): number {
    return this.#config.flushIntervalMs || DEFAULT_FLUSH_MS;
  }

  async #writeBuffered(record: Buffer): Promise<void> {
    this.#pending.push(record);
    this.#pendingBytes += record.length;
    if (this.#pendingBytes < BUFFER_BYTES) return;
    try {
      await this.#flush();
    } catch (error) {
      this.#pending.pop(); // Its sender is told and may send it again; what was accepted before waits for the next flush.
      this.#pendingBytes -= record.length;
      throw error;
    }
  }

  async #flush(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending);
    await this.#append(this.#compress?.(bytes) ?? bytes);
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  async #flushByTimer(): Promise<void> {
    try {
      await this.#inOrder(() => this.#flush());
    } catch (error) {
      this.#logger.error({ path: this.path, error, bytes: this.#pendingBytes }, "Failed to write to file.");
    }
  }

  async #writeRotating(record: Buffer, backups: Backups): Promise<void> {
    const max = (this.#config.rotation?.maxMegabytes || DEFAULT_MEGABYTES) * MEBIBYTE;
    if (record.length > max)
      throw new Error(`write length ${record.length} exceeds maximum file size ${max}`);
    if ((this.#size ?? 0) + record.length > max) await this.#rotate(backups);
    await this.#append(record);
  }

  async #rotate(backups: Backups): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    await rename(this.path, await backups.name());
    await this.#ensureOpen();
  }

  /** Writes all of `bytes` or, as far as the file can be cut, nothing. */
  async #append(bytes: Buffer): Promise<void> {
    const handle = this.#handle!;
    try {
      for (let at = 0; at < bytes.length; ) {
        const position = this.#size === undefined ? null : this.#size + at;
        at += (await handle.write(bytes, at, bytes.length - at, position)).bytesWritten;
      }
    } catch (error) {
      if (this.#size !== undefined) await handle.truncate(this.#size);
      throw error;
    }
    if (this.#size !== undefined) this.#size += bytes.length;
  }
}

/** Whether the file was changed since `startedAt`: by us, who closed it in between. */
export function changedSince(startedAt: number): KeepExisting {
  return async (path) => {
    try {
      return (await stat(path)).ctimeMs >= startedAt;
    } catch {
      return false; // It is not there, or opening it says what is wrong.
    }
  };
}
