// Rotated files: `data.json` becomes `data-2022-09-14T05-02-14.173-size.json`. The old ones are removed by age and number.
import { access, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { Logger } from "../../component/index.ts";
import type { RotationConfig } from "./config.ts";

const DAY_MS = 86_400_000;
const STAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)\.(\d{3})$/;

/** The rotated files of one path. */
export class Backups {
  readonly #directory: string;
  readonly #prefix: string;
  readonly #extension: string;
  readonly #config: RotationConfig;
  readonly #logger: Logger;
  readonly #now: () => number;

  constructor(path: string, config: RotationConfig, logger: Logger, now: () => number = Date.now) {
    this.#directory = dirname(path);
    this.#extension = extname(path);
    this.#prefix = `${basename(path, this.#extension)}-`;
    this.#config = config;
    this.#logger = logger;
    this.#now = now;
  }

  /** A name for the file that is rotated now, which no other file has. */
  async name(): Promise<string> {
    for (let at = this.#now(); ; at++) {
      const path = this.#path(`${this.#stamp(at)}-size`);
      if (!(await exists(path))) return path;
    }
  }

  /** Removes what is too old or too much. What cannot be removed is logged and left. */
  async clean(): Promise<void> {
    const { maxBackups, maxDays } = this.#config;
    if (maxBackups === 0 && maxDays === 0) return;
    const newestFirst = (await this.#list()).toSorted((a, b) => b.at - a.at);
    const oldest = this.#now() - maxDays * DAY_MS;
    for (const [index, { path, at }] of newestFirst.entries()) {
      const surplus = maxBackups > 0 && index >= maxBackups;
      const expired = maxDays > 0 && at < oldest;
      if (surplus || expired) await this.#attempt(path, "Failed to remove rotated file.", () => rm(path));
    }
  }

  /** Gives files that older Collectors rotated the names of today, so that they are cleaned up with the others. */
  async adoptLegacy(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const middle = this.#middle(name);
      if (middle === undefined || this.#parse(middle) === undefined) continue;
      const [from, to] = [join(this.#directory, name), this.#path(`${middle}-size`)];
      const move = async () => ((await exists(to)) ? rm(from) : rename(from, to));
      await this.#attempt(from, "Failed to rename legacy backup file.", move);
    }
  }

  async #list(): Promise<{ path: string; at: number }[]> {
    const names = await readdir(this.#directory);
    return names.flatMap((name) => {
      const at = this.#parse(this.#middle(name)?.replace(/-[^-.]+$/, "") ?? "");
      return at === undefined ? [] : [{ path: join(this.#directory, name), at }];
    });
  }

  async #attempt(path: string, failure: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#logger.warn({ path, error }, failure);
    }
  }

  #path(middle: string): string {
    return join(this.#directory, `${this.#prefix}${middle}${this.#extension}`);
  }

  /** What stands between prefix and extension. */
  #middle(name: string): string | undefined {
    if (!name.startsWith(this.#prefix) || !name.endsWith(this.#extension)) return undefined;
    return name.slice(this.#prefix.length, name.length - this.#extension.length);
  }

  #stamp(at: number): string {
    const shown = this.#config.localtime ? at - new Date(at).getTimezoneOffset() * 60_000 : at;
    return new Date(shown).toISOString().slice(0, 23).replaceAll(":", "-");
  }

  #parse(stamp: string): number | undefined {
    const match = STAMP.exec(stamp);
    if (!match) return undefined;
    const [year, month, ...rest] = match.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    if (!this.#config.localtime) return Date.UTC(year, month - 1, ...rest);
    return new Date(year, month - 1, ...rest).getTime();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
