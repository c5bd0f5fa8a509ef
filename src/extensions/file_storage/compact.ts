// Writes a storage file anew, with nothing in it but what is alive.
import { copyFile, type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Extent, encodeRecord, extentsIn, HEADER } from "./record.ts";
import { readAt } from "./recovery.ts";

/** The new file, open, and what is where in it. */
export interface Compacted {
  readonly file: FileHandle;
  readonly extents: Map<string, Extent>;
  readonly end: number;
}

/**
 * Copies what `extents` name out of `from` into a file that takes the place of `path` when it is complete and on disk.
 * It is written in `directory`, beside `path` when that is empty. `late` is a record that goes behind all of them.
 */
export async function compact(
  from: FileHandle,
  extents: ReadonlyMap<string, Extent>,
  late: Buffer | undefined,
  path: string,
  directory: string,
): Promise<Compacted> {
  const beside = `${path}.compact`;
  const made = directory ? join(directory, `${basename(path)}.compact`) : beside;
  const file = await open(made, "w+", 0o600);
  try {
    const copied = await copyAlive(from, extents, file);
    if (late) copied.end = await append(late, file, copied);
    await file.datasync();
    if (made === beside) await rename(made, path);
    else return { ...copied, file: await moveAcross(file, made, beside, path) };
    return { ...copied, file };
  } catch (error) {
    await file.close();
    await rm(made, { force: true });
    throw error;
  }
}

interface Copied {
  readonly extents: Map<string, Extent>;
  end: number;
}

async function append(record: Buffer, to: FileHandle, { extents, end }: Copied): Promise<number> {
  await to.write(record, 0, record.length, end);
  for (const [key, extent] of extentsIn(record, end)) if (extent) extents.set(key, extent);
  return end + record.length;
}

async function copyAlive(
  from: FileHandle,
  extents: ReadonlyMap<string, Extent>,
  to: FileHandle,
): Promise<Copied> {
  const copied = new Map<string, Extent>();
  await to.write(HEADER, 0, HEADER.length, 0);
  let end = HEADER.length;
  for (const [key, { offset, length }] of extents) {
    const value = await readAt(from, offset, length);
    const record = encodeRecord([{ type: "set", key, value }])!;
    await to.write(record, 0, record.length, end);
    end += record.length;
    copied.set(key, { offset: end - length, length });
  }
  return { extents: copied, end };
}

/** Another file system's file cannot be renamed into place: it is copied beside it first. */
async function moveAcross(file: FileHandle, made: string, beside: string, path: string): Promise<FileHandle> {
  await copyFile(made, beside);
  const copy = await open(beside, "r+");
  await copy.datasync();
  await rename(beside, path);
  await file.close();
  await rm(made, { force: true });
  return copy;
}
