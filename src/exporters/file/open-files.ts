// The files that are open, each once whoever writes to it, and only so many.
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Logger } from "../../component/index.ts";
import { directoryMode, type FileConfig } from "./config.ts";
import { changedSince, type KeepExisting, OutputFile } from "./output-file.ts";

/** The files of one `file` exporter, of all its signals; the least recently used is closed when there are too many. */
export class OpenFiles {
  readonly #config: FileConfig;
  readonly #logger: Logger;
  readonly #keepExisting: KeepExisting;
  /** By path, in the order of their last use. */
  readonly #files = new Map<string, OutputFile>();
  #closed = false;

  constructor(config: FileConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    // A file that had to be closed for another is written on when it is opened again.
    this.#keepExisting = config.groupBy.enabled ? changedSince(Date.now()) : async () => false;
  }

  /** The file at `path`; whoever gets it must use it before waiting for anything, since it may be closed then. */
  get(path: string): OutputFile {
    if (this.#closed) throw new Error(`write ${path}: the exporter is not running`);
    const file =
      this.#files.get(path) ?? new OutputFile(path, this.#config, this.#logger, this.#keepExisting);
    this.#files.delete(path);
    this.#files.set(path, file);
    for (const [oldest, other] of this.#files) {
      if (this.#files.size <= this.#config.groupBy.maxOpenFiles) break;
      this.#files.delete(oldest);
      void this.#close(other);
    }
    return file;
  }

  /** Makes the directories on the way to a file that is not open yet. */
  async makeDirectory(path: string): Promise<void> {
    if (this.#files.has(path)) return;
    await mkdir(dirname(path), { recursive: true, mode: directoryMode(this.#config) });
  }

  async closeAll(): Promise<void> {
    this.#closed = true;
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map((file) => file.close()));
  }

  async #close(file: OutputFile): Promise<void> {
    try {
      await file.close();
    } catch (error) {
      this.#logger.warn({ error, path: file.path }, "Failed to close file");
    }
  }
}

interface Shared {
  readonly config: FileConfig;
  readonly files: OpenFiles;
  users: number;
}

/** By the path of their section; a file is a thing of the whole process. */
const shared = new Map<string, Shared>();

/** The files of the section's path, which other exporters of the same section use, too. Throws when their sections differ. */
export function acquireFiles(config: FileConfig, logger: Logger): OpenFiles {
  const path = resolve(config.path);
  const found = shared.get(path) ?? { config, files: new OpenFiles(config, logger), users: 0 };
  if (JSON.stringify(found.config) !== JSON.stringify(config)) {
    throw new Error(`open ${config.path}: another file exporter writes it with other settings`);
  }
  shared.set(path, found);
  found.users++;
  return found.files;
}

/** Closes the files when nobody else uses them. */
export async function releaseFiles(config: FileConfig): Promise<void> {
  const path = resolve(config.path);
  const found = shared.get(path);
  if (!found || --found.users > 0) return;
  shared.delete(path);
  await found.files.closeAll();
}
