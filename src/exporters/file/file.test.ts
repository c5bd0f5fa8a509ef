import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { zstdDecompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostRecorder, LogRecorder, settings } from "../../../test/support/component.ts";
import { type data, logs, traces } from "../../../test/support/data.ts";
import { parseConfig } from "../../confmap/decode.ts";
import { PermanentError } from "../../consumer/index.ts";
import { fileNativeCompression } from "../../featuregate/index.ts";
import { dataFromBytes, type Signal, Traces } from "../../pdata/index.ts";
import { decodeJson } from "../../pdata/json/decode.ts";
import type { Counters } from "../../service/telemetry/counters.ts";
import { Backups } from "./backups.ts";
import { fileConfig } from "./config.ts";
import { fileExporterFactory } from "./factory.ts";
import { groupPath } from "./grouping.ts";

const never = new AbortController().signal;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "file-exporter-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A request of every field there is, made by the official protobuf library. */
function everyField(signal: Signal) {
  return dataFromBytes(
    signal,
    readFileSync(new URL(`../../pdata/testdata/every-field-${signal}.bin`, import.meta.url)),
  );
}

function create(section: object, signal: Signal = "traces", log = new LogRecorder()) {
  const config = parseConfig(fileConfig, { path: join(directory, "out"), ...section });
  return fileExporterFactory.create(settings("file", log), config, signal);
}

/** What is in the file after the exporter was given these requests and stopped. */
async function written(section: object, ...requests: ReturnType<typeof data>[]): Promise<Buffer> {
  const exporter = create(section);
  await exporter.start(new HostRecorder());
  for (const request of requests) await exporter.consume(request as Traces);
  await exporter.shutdown(never);
  return readFileSync(join(directory, "out"));
}

/** The messages of a file in which each has its length before it. */
function messages(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const end = at + 4 + file.readUInt32BE(at);
    found.push(file.subarray(at + 4, end));
    at = end;
  }
  return found;
}

function lines(name: string): string[] {
  return readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1);
}

/** A resource with these attributes and a span in it. */
function resource(attributes: Readonly<Record<string, string>>, span = "s"): string {
  const list = Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
  return JSON.stringify({
    resource: { attributes: list },
    scopeSpans: [{ scope: {}, spans: [{ name: span, status: {} }] }],
  });
}

function request(...resources: string[]): Traces {
  return decodeJson("traces", Buffer.from(`{"resourceSpans":[${resources}]}`));
}

describe("file exporter's formats", () => {
  it("writes a line of JSON for each request, as the Collector does", async () => {
    const line = readFileSync(
      new URL("../../pdata/testdata/every-field-traces.jsonl", import.meta.url),
      "utf8",
    );
    const file = await written({}, everyField("traces") as Traces, everyField("traces") as Traces);
    expect(file.toString()).toBe(`${line}\n${line}\n`);
  });

  it("writes protobuf with its length before it", async () => {
    const [first, second] = [everyField("traces"), traces(2)];
    const file = await written({ format: "proto" }, first as Traces, second);
    expect(messages(file)).toEqual([first.bytes(), second.bytes()]);
  });

  it.each(["json", "proto"])("compresses each message of %s by itself", async (format) => {
    const file = await written({ format, compression: "zstd" }, traces(3), traces(4));
    const read = messages(file).map((message) => zstdDecompressSync(message));
    const decoded = read.map((message) =>
      format === "json" ? decodeJson("traces", message) : Traces.fromBytes(message),
    );
    expect(decoded.map(({ itemCount }) => itemCount)).toEqual([3, 4]);
  });

  it("compresses the whole file behind the feature gate, frame by frame", async () => {
    fileNativeCompression.enabled = true;
    try {
      const json = await written({ compression: "zstd" }, traces(3), traces(4));
      expect(zstdDecompressSync(json).toString().match(/\n/g)).toHaveLength(2);
      const section = { format: "proto", compression: "zstd", rotation: null };
      rmSync(join(directory, "out"));
      const frames = await written(section, traces(3), traces(4));
      expect(messages(zstdDecompressSync(frames))).toHaveLength(2);
    } finally {
      fileNativeCompression.enabled = false;
    }
  });

  it("refuses for good what is not OTLP, and nothing of it is in the file", async () => {
    const exporter = create({});
    await exporter.start(new HostRecorder());
    await expect(exporter.consume(Traces.fromBytes(Buffer.from("oops")))).rejects.toThrow(PermanentError);
    await exporter.consume(traces(1));
    await exporter.shutdown(never);
    expect(lines("out")).toHaveLength(1);
  });
});

describe("file exporter's file", () => {
  it("begins anew, or is written on with append", async () => {
    await written({}, traces(1));
    await written({}, traces(2));
    expect(lines("out")).toHaveLength(1);
    await written({ append: true }, traces(3));
    expect(lines("out").map((line) => decodeJson("traces", Buffer.from(line)).itemCount)).toEqual([2, 3]);
  });

  it("is shared by the signals of one section, each request in one piece", async () => {
    const [first, second] = [create({}), create({}, "logs")];
    await Promise.all([first.start(new HostRecorder()), second.start(new HostRecorder())]);
    const consumed = Array.from({ length: 50 }, () => [
      first.consume(traces(20)),
      second.consume(logs(20) as never),
    ]);
    await Promise.all(consumed.flat());
    await first.shutdown(never);
    await second.consume(logs(1) as never);
    await second.shutdown(never);
    const kinds = lines("out").map((line) => Object.keys(JSON.parse(line))[0]);
    expect(kinds.filter((kind) => kind === "resourceSpans")).toHaveLength(50);
    expect(kinds.filter((kind) => kind === "resourceLogs")).toHaveLength(51);
  });

  it("is not written by two sections with different settings", async () => {
    const [first, second] = [create({}), create({ format: "proto" })];
    await first.start(new HostRecorder());
    await expect(second.start(new HostRecorder())).rejects.toThrow(
      "another file exporter writes it with other settings",
    );
    await second.shutdown(never);
    await first.shutdown(never);
  });

  it("has what was written after the flush interval, and at once what exceeds the buffer", async () => {
    const exporter = create({ flush_interval: "30ms" });
    await exporter.start(new HostRecorder());
    await exporter.consume(traces(1));
    expect(statSync(join(directory, "out")).size).toBe(0);
    for (let waited = 0; waited < 200 && statSync(join(directory, "out")).size === 0; waited++)
      await sleep(10);
    expect(lines("out")).toHaveLength(1);
    await exporter.consume(traces(500));
    expect(lines("out")).toHaveLength(2);
    await exporter.shutdown(never);
  });

  it("is in a directory that exists, or is made", async () => {
    const path = join(directory, "a/b/out");
    const exporter = create({ path });
    await expect(exporter.start(new HostRecorder())).rejects.toThrow(
      `open ${path}: no such file or directory`,
    );
    await exporter.shutdown(never);
    const section = { path, create_directory: true, directory_permissions: "0700" };
    const making = create(section);
    await making.start(new HostRecorder());
    await making.shutdown(never);
    expect(statSync(join(directory, "a/b")).mode & 0o777).toBe(0o700);
  });

  it("refuses data when it cannot be written, and keeps what it accepted", async () => {
    symlinkSync("/dev/full", join(directory, "out"));
    const exporter = create({});
    await exporter.start(new HostRecorder());
    await exporter.consume(traces(1));
    await expect(exporter.consume(traces(500))).rejects.toThrow("ENOSPC");
    await expect(exporter.consume(traces(500))).rejects.toThrow("ENOSPC");
    await expect(exporter.shutdown(never)).rejects.toThrow("ENOSPC");
  });

  it("does not take data when it is stopped", async () => {
    const exporter = create({});
    await expect(exporter.consume(traces(1))).rejects.toThrow("the exporter is not running");
  });
});

describe("file exporter's rotation", () => {
  /** JSON of about 600 kB. */
  const large = traces(6000);

  it("renames the file before it exceeds its size, and keeps so many", async () => {
    const exporter = create({
      path: join(directory, "out.json"),
      rotation: { max_megabytes: 1, max_backups: 2 },
    });
    await exporter.start(new HostRecorder());
    const size = Buffer.byteLength((await written({}, large)).toString());
    expect(size).toBeGreaterThan(0.15 * 2 ** 20);
    const perFile = Math.floor(2 ** 20 / size);
    for (let i = 0; i < perFile * 4; i++) await exporter.consume(large);
    await exporter.shutdown(never);
    const files = readdirSync(directory).filter((name) => name.startsWith("out") && name !== "out");
    expect(
      files.filter((name) => /^out-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}-size\.json$/.test(name)),
    ).toHaveLength(2);
    expect(files).toContain("out.json");
    for (const name of files) expect(lines(name)).toHaveLength(perFile);
  });

  it("goes on with the file that is there", async () => {
    await written({ rotation: null }, traces(1));
    await written({ rotation: null }, traces(2));
    expect(lines("out")).toHaveLength(2);
  });

  it("refuses a request that fits no file", async () => {
    const exporter = create({ rotation: { max_megabytes: 1 } });
    await exporter.start(new HostRecorder());
    await expect(exporter.consume(traces(60_000))).rejects.toThrow(
      /^write length \d+ exceeds maximum file size 1048576$/,
    );
    await exporter.consume(traces(1));
    await exporter.shutdown(never);
    expect(lines("out")).toHaveLength(1);
  });

  it.each([false, true])("removes files by the age in their names (localtime: %s)", async (localtime) => {
    const now = new Date(2026, 10, 21, 12).getTime();
    const config = { maxMegabytes: 0, maxDays: 3, maxBackups: 0, localtime };
    const day = 86_400_000;
    const at = (days: number) =>
      new Backups(join(directory, "x.json"), config, new LogRecorder(), () => now - days * day);
    const [old, kept] = [await at(4).name(), await at(2).name()];
    for (const path of [old, kept]) writeFileSync(path, "");
    utimesSync(kept, 0, 0);
    writeFileSync(join(directory, "x-other.json"), "");
    await at(0).clean();
    expect([existsSync(old), existsSync(kept), existsSync(join(directory, "x-other.json"))]).toEqual([
      false,
      true,
      true,
    ]);
    writeFileSync(await at(2).name(), "");
    expect(readdirSync(directory)).toHaveLength(3); // No name is given twice.
  });

  it("takes over files that older Collectors rotated", async () => {
    const old = "out-2022-09-14T05-02-14.173";
    for (const name of [old, "out-2022-09-14T05-02-15.000", "out-2022-09-14T05-02-15.000-size", "out-else"]) {
      writeFileSync(join(directory, name), "");
    }
    await written({ rotation: null }, traces(1));
    expect(readdirSync(directory).sort()).toEqual([
      "out",
      "out-2022-09-14T05-02-14.173-size",
      "out-2022-09-14T05-02-15.000-size",
      "out-else",
    ]);
  });
});

describe("file exporter's group_by", () => {
  const group_by = { enabled: true, resource_attribute: "service.name", max_open_files: 2 };

  it("writes each resource where its attribute says, and counts those without", async () => {
    const config = parseConfig(fileConfig, { path: join(directory, "data/*.json"), group_by });
    const given = settings("file");
    const dropped = given.counters as Counters;
    const exporter = fileExporterFactory.create(given, config, "traces");
    await exporter.start(new HostRecorder());
    const [a, b, none] = [{ "service.name": "a" }, { "service.name": "sub/b" }, { other: "x" }];
    await exporter.consume(request(resource(a, "1"), resource(b, "2"), resource(none), resource(a, "3")));
    await exporter.shutdown(never);
    expect(lines("data/a.json")).toEqual([`{"resourceSpans":[${resource(a, "1")},${resource(a, "3")}]}`]);
    expect(lines("data/sub/b.json")).toEqual([`{"resourceSpans":[${resource(b, "2")}]}`]);
    const labels = { exporter: "file", signal: "traces" };
    expect(dropped.counter("otelcol_exporter_file_ungrouped_items", labels).value).toBe(1);
  });

  it("loses nothing of files that it closed because too many were open", async () => {
    const exporter = create({ path: join(directory, "*.json"), group_by });
    await exporter.start(new HostRecorder());
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 5; i++) await exporter.consume(request(resource({ "service.name": `s${i}` })));
    }
    await exporter.shutdown(never);
    for (let i = 0; i < 5; i++) expect(lines(`s${i}.json`)).toHaveLength(3);
  });

  it.each([
    ["/data/*.json", "a", "/data/a.json"],
    ["/data/*.json", "a/b", "/data/a/b.json"],
    ["/data/*.json", "./a", "/data/a.json"],
    ["/data/*.json", "../etc/my_config", "/data/etc/my_config.json"],
    ["/data/*.json", "../../../etc/passwd", "/data/etc/passwd.json"],
    ["/data/*.json", "a/../../../x", "/data/x.json"],
    ["./data/pre_*.json", "../x", "data/pre_/x.json"],
    ["./data/*", "", "data/"],
  ])("puts %s with %s into %s", (path, segment, expected) => {
    expect(groupPath(path, segment)).toBe(expected);
  });
});

describe("file exporter's configuration", () => {
  it.each([
    [{ path: "" }, "path must be non-empty"],
    [{ append: true, rotation: null }, "append and rotation enabled at the same time is not supported"],
    [{ rotation: { max_days: -1 } }, "rotation max_megabytes, max_days and max_backups must not be negative"],
    [{ format: "xml" }, "format type is not supported"],
    [{ encoding: "otlp_encoding" }, 'unknown encoding "otlp_encoding"'],
    [{ compression: "gzip" }, "compression is not supported"],
    [
      { compression: "zstd", compression_params: { level: 7 } },
      "invalid compression_params: unsupported parameters {Level:7}",
    ],
    [{ flush_interval: "-1s" }, "flush_interval must be larger than zero"],
    [{ group_by: { enabled: true } }, "path must contain exactly one * when group_by is enabled"],
    [{ path: "*", group_by: { enabled: true } }, "path must not start with * when group_by is enabled"],
    [
      { path: "a*", group_by: { enabled: true, resource_attribute: "" } },
      "resource_attribute must not be empty",
    ],
    [{ path: "a*", group_by: { enabled: true, max_open_files: 0 } }, "max_open_files must be positive"],
    [{ directory_permissions: "0700" }, "directory_permissions requires create_directory to be true"],
    [{ create_directory: true, directory_permissions: "0x" }, "must be a valid octal representation"],
    [{ create_directory: true, directory_permissions: "7777" }, "contain invalid bits for file access"],
  ])("refuses %j", (section, message) => {
    expect(() => parseConfig(fileConfig, { path: "out", ...section })).toThrow(message);
  });

  it("rotates only when asked to", () => {
    const rotation = (section: object) => parseConfig(fileConfig, { path: "x", ...section }).rotation;
    expect(rotation({})).toBeUndefined();
    expect(rotation({ rotation: null })).toEqual({
      maxMegabytes: 0,
      maxDays: 0,
      maxBackups: 100,
      localtime: false,
    });
  });
});
