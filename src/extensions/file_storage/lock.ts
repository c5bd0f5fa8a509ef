// Keeps two processes from one file. Node.js has no flock, so a file beside it says who holds it.
import { readFileSync, readlinkSync } from "node:fs";
import { link, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Who holds a lock: enough to tell whether that process still runs. */
interface Holder {
  readonly pid: number;
  /** When it started, in the kernel's ticks since boot: the pid may be another's by now. */
  readonly start: string;
  readonly boot: string;
  /** Its PID namespace; of one in another we only know that it touches the lock. */
  readonly namespace: string;
}

const POLL_MS = 50;
/** How often a holder touches its lock, and after how long without that one in another PID namespace is gone. */
const TOUCH_MS = 5000;
const GONE_AFTER_MS = 20_000;

/** A lock that is held until `release`. */
export class FileLock {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(path: string) {
    this.#path = path;
    const touch = () => {
      const now = new Date();
      utimes(path, now, now).catch(() => {}); // Released meanwhile, or the disk is gone, which writing will tell.
    };
    this.#timer = setInterval(touch, TOUCH_MS).unref();
  }

  /**
   * Takes the lock at `path`, waiting `timeoutMs` for a process that holds it; longer for one in another PID namespace,
   * until it touches the lock or is known to be gone: a container that was killed is started anew in another one.
   */
  static async take(path: string, timeoutMs: number): Promise<FileLock> {
    const deadline = performance.now() + timeoutMs;
    const touched = await touchedAt(path);
    for (;;) {
      if (await tryTake(path)) return new FileLock(path);
      const text = await readFile(path, "utf8").catch(() => undefined);
      const alive = text !== undefined && (await holds(path, text));
      if (text !== undefined && !alive) await clear(path, text);
      else if (performance.now() >= deadline && !(await isInDoubt(path, text, touched)))
        throw new Error(`timeout: ${path} is held by ${text ?? "another"}`);
      else await sleep(POLL_MS);
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await rm(this.#path, { force: true });
  }
}

/** Links a complete file into place, which fails when there is one: it is never seen half written. */
async function tryTake(path: string): Promise<boolean> {
  const own = `${path}.${process.pid}`;
  await writeFile(own, JSON.stringify(self()));
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

function self(): Holder {
  return {
    pid: process.pid,
    start: startOf(process.pid) ?? "",
    boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
    namespace: readlinkSync("/proc/self/ns/pid"),
  };
}

/** When a process started; undefined when there is none. Field 22, behind the name, which may hold anything. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Whether the process that wrote `text` still runs. */
async function holds(path: string, text: string): Promise<boolean> {
  const holder = holderIn(text);
  if (holder?.boot !== self().boot) return false;
  if (!isElsewhere(text)) return startOf(holder.pid) === holder.start;
  const touched = await touchedAt(path);
  return touched !== undefined && Date.now() - touched < GONE_AFTER_MS;
}

function holderIn(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

/** Whether the process that wrote `text` is in another PID namespace, where we cannot see it. */
function isElsewhere(text: string | undefined): boolean {
  const holder = text === undefined ? undefined : holderIn(text);
  return holder !== undefined && holder.namespace !== self().namespace;
}

/** Whether a process that we cannot see has not touched its lock since `touched`. */
async function isInDoubt(
  path: string,
  text: string | undefined,
  touched: number | undefined,
): Promise<boolean> {
  return isElsewhere(text) && (await touchedAt(path)) === touched;
}

/** When a lock was last touched; undefined when there is none. */
async function touchedAt(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}

/** Takes a dead process's lock away. Should another have done so and taken the lock meanwhile, it gets it back. */
async function clear(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.old`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) !== text) await link(aside, path);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}
