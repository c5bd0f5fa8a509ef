import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import type { StorageClient } from "../../component/storage.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { fileStorageConfig } from "./config.ts";
import { FileStorageExtension } from "./extension.ts";

let directory: string;
let logger: LogRecorder;
let extensions: FileStorageExtension[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "file-storage-"));
  logger = new LogRecorder();
  extensions = [];
});
afterEach(async () => {
  for (const extension of extensions) await extension.shutdown();
  rmSync(directory, { recursive: true, force: true });
});

const FILE = "exporter_otlp_grpc__traces";
const file = () => join(directory, FILE);

async function storage(section: object = {}): Promise<FileStorageExtension> {
  const config = parseConfig(fileStorageConfig, { directory, timeout: "100ms", ...section });
  const extension = new FileStorageExtension(settings("file_storage", logger), config);
  extensions.push(extension);
  await extension.start(new HostRecorder());
  return extension;
}
const open = async (section?: object): Promise<StorageClient> =>
  (await storage(section)).getClient("exporter", "otlp_grpc", "traces");
const text = async (client: StorageClient, key: string) => (await client.get(key))?.toString();

describe("file_storage", () => {
  it("keeps what clients give it, each for itself", async () => {
    const extension = await storage();
    const mine = await extension.getClient("exporter", "otlp_grpc/a b", "traces");
    const theirs = await extension.getClient("receiver", "otlp", "");
    await mine.set("key", Buffer.from("mine"));
    await theirs.set("key", Buffer.from("theirs"));
    await mine.set("gone", Buffer.from("soon"));
    await mine.delete("gone");
    await mine.delete("never there");
    expect([await text(mine, "key"), await text(theirs, "key"), await text(mine, "gone")]).toEqual([
      "mine",
      "theirs",
      undefined,
    ]);
    expect(readdirSync(directory).filter((name) => !name.includes(".lock"))).toEqual([
      "exporter_otlp_grpc_a~0020b_traces",
      "receiver_otlp_",
    ]);
  });

  it("carries out a batch in order, as one", async () => {
    const client = await open();
    const found = await client.batch([
      { type: "set", key: "a", value: Buffer.from("1") },
      { type: "get", key: "a" },
      { type: "set", key: "a", value: Buffer.from("2") },
      { type: "get", key: "a" },
      { type: "delete", key: "a" },
      { type: "get", key: "a" },
    ]);
    expect(found.map((value) => value?.toString())).toEqual([
      undefined,
      "1",
      undefined,
      "2",
      undefined,
      undefined,
    ]);
  });

  it("writes in the order of the calls and finds everything again", async () => {
    const client = await open();
    const writes = Array.from({ length: 500 }, (_, i) => client.set(`${i % 50}`, Buffer.from(`value ${i}`)));
    await Promise.all(writes);
    await client.close();
    await expect(client.set("a", Buffer.from(""))).rejects.toThrow("the storage client is closed");
    const again = await open();
    for (let key = 0; key < 50; key++) expect(await text(again, `${key}`)).toBe(`value ${450 + key}`);
    expect(logger.records).toEqual([]);
  });

  it("recovers to the last good record wherever the file was torn, and says what was lost", async () => {
    const client = await open();
    const ends = [statSync(file()).size];
    for (let i = 0; i < 4; i++) {
      await client.batch([
        { type: "set", key: `${i}`, value: Buffer.from(`value ${i}`) },
        { type: "set", key: "last", value: Buffer.from(`${i}`) },
      ]);
      ends.push(statSync(file()).size);
    }
    await client.close();
    const whole = readFileSync(file());
    for (let size = 0; size < whole.length; size++) {
      writeFileSync(file(), whole.subarray(0, size));
      logger.records.splice(0);
      const torn = await open();
      const good = Math.max(
        0,
        ends.findLastIndex((end) => end <= size),
      );
      expect(await text(torn, "last")).toBe(good === 0 ? undefined : `${good - 1}`);
      expect(await text(torn, `${good}`)).toBeUndefined();
      const lost = size - ends[good]!;
      expect(logger.records.map(({ attributes }) => attributes.lost_bytes)).toEqual(lost > 0 ? [lost] : []);
      await torn.set("more", Buffer.from("after"));
      await torn.close();
      expect(await text(await open(), "more")).toBe("after");
      await extensions.pop()!.shutdown();
    }
  });

  it("leaves out a record whose bytes have changed, when those behind it are right", async () => {
    const client = await open();
    for (const key of ["a", "b", "c"]) await client.set(key, Buffer.from(`value of ${key}`));
    await client.close();
    const bytes = readFileSync(file());
    bytes[bytes.indexOf("value of b")]! ^= 1;
    writeFileSync(file(), bytes);
    const again = await open();
    expect([await text(again, "a"), await text(again, "b"), await text(again, "c")]).toEqual([
      "value of a",
      undefined,
      "value of c",
    ]);
    expect(logger.records[0]).toMatchObject({
      level: "warn",
      attributes: { lost_records: 1, lost_bytes: 0 },
    });
  });

  it("does not touch a file that is not its own, unless it may move it aside", async () => {
    writeFileSync(file(), "something else altogether");
    await expect(open()).rejects.toThrow("it is no storage file of ours");
    expect(readFileSync(file(), "utf8")).toBe("something else altogether");
    const client = await open({ recreate: true });
    expect(await text(client, "key")).toBeUndefined();
    expect(readFileSync(`${file()}.backup`, "utf8")).toBe("something else altogether");
  });

  it("writes the file anew when most of it is dead, and keeps what is alive", async () => {
    const client = await open();
    await client.set("kept", Buffer.from("alive"));
    const large = Buffer.alloc(1 << 20, "x");
    for (let i = 0; i < 40; i++) await client.set("large", large);
    await client.set("after", Buffer.from("wards"));
    expect(statSync(file()).size).toBeLessThan(20 << 20);
    await client.close();
    const again = await open();
    expect([await text(again, "kept"), await text(again, "after")]).toEqual(["alive", "wards"]);
    expect((await again.get("large"))?.equals(large)).toBe(true);
  });

  it.each([
    ["on_start", { compaction: { on_start: true } }, true],
    ["another directory", { compaction: { on_start: true, directory: "/dev/shm" } }, true],
    ["nothing", {}, false],
  ])("compacts at the start with %s", async (_name, section, smaller) => {
    const client = await open();
    for (let i = 0; i < 100; i++) await client.set("key", Buffer.from(`value ${i}`));
    await client.close();
    const before = statSync(file()).size;
    const again = await open(section);
    expect(await text(again, "key")).toBe("value 99");
    await again.set("key", Buffer.from("more"));
    expect(await text(again, "key")).toBe("more");
    expect(statSync(file()).size < before / 2).toBe(smaller);
    expect(existsSync(`${file()}.compact`)).toBe(false);
  });

  it("compacts on rebound, when what had piled up has gone", async () => {
    const rebound = { rebound_needed_threshold_mib: 2, rebound_trigger_threshold_mib: 1 };
    const client = await open({ compaction: { on_rebound: true, ...rebound } });
    const large = Buffer.alloc(1 << 20);
    for (const key of ["a", "b", "c"]) await client.set(key, large);
    for (const key of ["a", "b", "c"]) await client.delete(key);
    await client.get("a"); // Behind the compaction.
    expect(statSync(file()).size).toBeLessThan(1 << 20);
  });
});

describe("the lock of a file", () => {
  const hold = `
    import { FileLock } from ${JSON.stringify(new URL("./lock.ts", import.meta.url).href)};
    await FileLock.take(process.argv[1], 0);
    console.log("held");
    setTimeout(() => {}, 60_000);`;

  it("keeps another process out, until that one is gone", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", hold, `${file()}.lock`]);
    await once(child.stdout, "data");
    await expect(open()).rejects.toThrow(`.lock is held by {"pid":${child.pid}`);
    child.kill("SIGKILL");
    await once(child, "exit");
    const client = await open();
    await client.set("key", Buffer.from("mine"));
  });

  it("is the one's who comes first, of several that find a dead process's", async () => {
    writeFileSync(`${file()}.lock`, JSON.stringify({ pid: 1, start: "0", boot: "another", namespace: "" }));
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => open()));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  /** The lock of a process in another container, `ageMs` after that one touched it. */
  function lockElsewhere(ageMs: number): void {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    writeFileSync(`${file()}.lock`, JSON.stringify({ pid: 1, start: "0", boot, namespace: "pid:[1]" }));
    const touched = (Date.now() - ageMs) / 1000;
    utimesSync(`${file()}.lock`, touched, touched);
  }

  it("is waited for until a process in another container shows that it is gone, or is not", async () => {
    lockElsewhere(19_500);
    await (await open()).close();
    lockElsewhere(0);
    const refused = expect(open()).rejects.toThrow("is held by");
    await sleep(300);
    lockElsewhere(0);
    await refused;
  });

  it("goes with the client", async () => {
    const client = await open();
    await expect(open()).rejects.toThrow("timeout");
    await client.close();
    await (await open()).close();
    expect(readdirSync(directory)).toEqual([FILE]);
  });
});

describe("the section of file_storage", () => {
  it.each([
    [
      { directory: "/nowhere" },
      "directory must exist: stat /nowhere: no such file or directory. You can enable",
    ],
    [{ directory: "/etc/passwd" }, "/etc/passwd is not a directory"],
    [{ directory: "/tmp", directory_permissions: "9" }, "directory_permissions value must be a valid octal"],
    [
      { directory: "/tmp", compaction: { on_rebound: true, check_interval: "0s" } },
      "compaction check interval must be positive when rebound compaction is set",
    ],
  ])("refuses %j", (section, message) => {
    expect(() => parseConfig(fileStorageConfig, section)).toThrow(message);
  });

  it("may ask for a directory to be made", async () => {
    const made = join(directory, "a/b");
    const section = { directory: made, create_directory: true, directory_permissions: "0700" };
    const client = await (await storage(section)).getClient("exporter", "x", "y");
    await client.set("key", Buffer.from("there"));
    expect(statSync(made).mode & 0o777).toBe(0o700);
  });
});
