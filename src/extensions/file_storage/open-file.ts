// Opens a storage file, and takes it as it is.
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import type { Logger } from "../../component/index.ts";
import type { FileStorageConfig } from "./config.ts";
import { type Extent, HEADER } from "./record.ts";
import { ForeignFileError, recover } from "./recovery.ts";

/** A file that was read. */
export interface Opened {
  readonly file: FileHandle;
  readonly extents: Map<string, Extent>;
  readonly end: number;
}

/** Opens the file at `path` and says what of it was lost; one that is not ours is refused, or moved aside with `recreate`. */
export async function openFile(path: string, config: FileStorageConfig, logger: Logger): Promise<Opened> {
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
