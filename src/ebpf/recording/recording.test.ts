import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeEach, expect, test } from "vitest";
import { http_request_event, http_series, http_series_key } from "../layouts.gen.ts";
import { CHECKED_BYTES, FRAME, FRAME_HEADER_BYTES, MAGIC, PREAMBLE_BYTES } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { RECORDED_LAYOUTS, type RecordingHeader } from "./header.ts";
import { RecordBatch, recordsOf, timeOfRecords } from "./record-batch.ts";
import { ReplayedSource } from "./replayed-source.ts";
import { ChangedEntries, MergedEntries, parseSnapshot } from "./snapshot-frames.ts";

const folder = mkdtempSync(join(tmpdir(), "recording-"));
const path = join(folder, "case.rec");
const failOn = (error: Error) => expect.fail(error.message);

const HEADER: RecordingHeader = {
  version: "9.9.9",
  kernel: "6.18",
  machine: "x86_64",
  hook: "raw_tp",
  clocks: { monotonic: "1000", boottime: "1000", unix: "1700000000000000000" },
  redacted: true,
  settings: {
    server: true,
    client: true,
    spans: true,
    bodySizes: false,
    wholePaths: false,
    requestCaptureBytes: 512,
    responseCaptureBytes: 0,
    boundaries: [],
    sizeBoundaries: [],
  },
  layouts: RECORDED_LAYOUTS,
};

beforeEach(() => rmSync(path, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes frames of the given texts. */
function record(...texts: string[]): void {
  const writer = new FrameWriter(path, failOn);
  for (const text of texts) writer.write(FRAME.process, Buffer.from(text));
  writer.close();
}

function read(): { texts: string[]; end: FrameReader["end"] } {
  const reader = new FrameReader(path);
  const texts: string[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) texts.push(frame.payload.toString());
  reader.close();
  return { texts, end: reader.end };
}

test("frames are read as they were written, those longer than a read too", () => {
  const long = "x".repeat(5 << 20);
  record("a", "", long, "b");
  expect(read()).toEqual({ texts: ["a", "", long, "b"], end: "whole" });
});

test("a file that was cut anywhere is read to its last whole frame", () => {
  record("first", "second", "third");
  const whole = readFileSync(path);
  const frames = [5, 6, 5].map((length) => FRAME_HEADER_BYTES + length);
  const ends = frames.map((_, i) => PREAMBLE_BYTES + frames.slice(0, i + 1).reduce((a, b) => a + b));
  for (let length = PREAMBLE_BYTES; length <= whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const count = ends.filter((end) => end <= length).length;
    const atEnd = length === PREAMBLE_BYTES || ends.includes(length);
    expect({ length, ...read() }).toEqual({
      length,
      texts: ["first", "second", "third"].slice(0, count),
      end: atEnd ? "whole" : "cut",
    });
  }
});

test("a changed bit anywhere in a frame ends the reading before it", () => {
  record("first", "second");
  const whole = readFileSync(path);
  const second = PREAMBLE_BYTES + FRAME_HEADER_BYTES + 5;
  const checked = [
    ...Array(CHECKED_BYTES + 4).keys(),
    ...[...Array(6).keys()].map((i) => i + FRAME_HEADER_BYTES),
  ];
  for (const at of checked) {
    const damaged = Buffer.from(whole);
    damaged[second + at]! ^= 0x10;
    writeFileSync(path, damaged);
    const { texts, end } = read();
    expect(texts).toEqual(["first"]);
    expect(["cut", "damaged"]).toContain(end); // a longer length reaches over the end
  }
});

test("a packed file is read, also when it was cut", () => {
  const texts = Array.from({ length: 500 }, (_, i) => `frame ${i} ${Math.sin(i)}`);
  record(...texts);
  const packed = gzipSync(readFileSync(path));
  writeFileSync(path, packed);
  expect(read().texts).toEqual(texts);
  writeFileSync(path, packed.subarray(0, packed.length - 2000));
  const { texts: some } = read();
  expect(some.length).toBeGreaterThan(10);
  expect(some).toEqual(texts.slice(0, some.length));
});

test("what is not a recording is refused, and so is one of another format", () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from("WATT"), Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n")]) {
    writeFileSync(path, bytes);
    expect(() => new FrameReader(path)).toThrow(`read ${path}: not a recording of wattspan`);
  }
  record("a");
  const newer = readFileSync(path);
  newer.writeUInt32LE(77, MAGIC.length);
  writeFileSync(path, newer);
  expect(() => new FrameReader(path)).toThrow("format 77, this version reads format 1");
  writeFileSync(path, Buffer.from([0x1f, 0x8b, 1, 2, 3]));
  expect(() => new FrameReader(path)).toThrow("damaged gzip");
});

test("a recording is for its owner alone", () => {
  record("a");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a file that cannot be written is refused", () => {
  expect(() => new FrameWriter("/dev/full", failOn)).toThrow("ENOSPC");
  expect(() => new FrameWriter(join(folder, "none/case.rec"), failOn)).toThrow("ENOENT");
});

test("the first write that fails is told once, and ends the recording", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const reader = spawn("head", ["-c", "1", pipe], { stdio: "ignore" });
  const gone = once(reader, "exit");
  const errors: Error[] = [];
  const writer = new FrameWriter(pipe, (error) => errors.push(error));
  await gone;
  for (let i = 0; i < 3; i++) writer.write(FRAME.process, Buffer.alloc(100));
  expect(errors).toMatchObject([{ code: "EPIPE" }]);
  expect(writer.bytes).toBe(PREAMBLE_BYTES);
  writer.close();
  writer.close();
});

test("records keep their bytes and their order, over as many frames as they need", () => {
  const writer = new FrameWriter(path, failOn);
  const batch = new RecordBatch(writer, false, () => 77n);
  const sent = Array.from({ length: 600 }, (_, i) => Buffer.alloc(900 + (i % 9), i));
  for (const record of sent)
    batch.add(new DataView(record.buffer, record.byteOffset, record.length), 0, record.length);
  batch.flush();
  batch.flush();
  writer.close();
  const reader = new FrameReader(path);
  const got: Buffer[] = [];
  let frames = 0;
  for (let frame = reader.next(); frame; frame = reader.next(), frames++) {
    expect(timeOfRecords(frame.payload)).toBe(77n);
    for (const [offset, length] of recordsOf(frame.payload))
      got.push(Buffer.from(frame.payload.subarray(offset, offset + length)));
  }
  reader.close();
  expect(frames).toBeGreaterThan(1);
  expect(batch.records).toBe(sent.length);
  expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
});

test("a request's two heads are redacted, each to its own end", () => {
  const heads = ["GET / HTTP/1.1\r\nCookie: abc\r\nA: ", "HTTP/1.1 200 OK\r\nSet-Cookie: def\r\n\r\nbody"];
  const record = Buffer.alloc(http_request_event.size + heads.join("").length);
  record.writeUInt32LE(1, http_request_event.type);
  record.writeUInt16LE(heads[0]!.length, http_request_event.request_head_bytes);
  record.write(heads.join(""), http_request_event.size, "latin1");
  const writer = new FrameWriter(path, failOn);
  const batch = new RecordBatch(writer, true, () => 0n);
  batch.add(new DataView(record.buffer, record.byteOffset, record.length), 0, record.length);
  batch.flush();
  writer.close();
  const text = readFileSync(path, "latin1");
  expect(text).toContain(
    "GET / HTTP/1.1\r\nCookie: ***\r\nA: HTTP/1.1 200 OK\r\nSet-Cookie: ***\r\n\r\n****",
  );
  expect(record.toString("latin1")).toContain("Cookie: abc"); // what is live stays as it is
});

test("of a map, only what changed is written, and it is whole again when read", () => {
  const changed = new ChangedEntries(2, 4);
  const merged = new MergedEntries(2, 4);
  const snapshot = (entries: Record<string, string>) => ({
    count: Object.keys(entries).length,
    keys: Buffer.from(Object.keys(entries).join("")),
    values: Buffer.from(Object.values(entries).join("")),
  });
  const pass = (entries: Record<string, string>) => {
    const payload = Buffer.concat(changed.take(snapshot(entries)));
    merged.merge(payload);
    const { count, keys, values } = merged.read();
    return { written: parseSnapshot(payload, 2, 4).count, count, keys: String(keys), values: String(values) };
  };
  expect(pass({ aa: "0001", bb: "0001" })).toEqual({
    written: 2,
    count: 2,
    keys: "aabb",
    values: "00010001",
  });
  expect(pass({ aa: "0001", bb: "0002" })).toEqual({
    written: 1,
    count: 2,
    keys: "aabb",
    values: "00010002",
  });
  changed.forget(Buffer.from("aa"));
  merged.delete(Buffer.from("aa"));
  expect(pass({ aa: "0001" })).toEqual({ written: 1, count: 2, keys: "bbaa", values: "00020001" });
  expect(() => parseSnapshot(Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), 2, 4)).toThrow("a snapshot of 9 entries");
});

test("a recording whose structs were others is refused, with the version to play it with", () => {
  const writer = new FrameWriter(path, failOn);
  const layouts = { ...RECORDED_LAYOUTS, http_series: { ...http_series, buckets: http_series.buckets + 8 } };
  writer.writeJson(FRAME.header, { ...HEADER, layouts });
  writer.close();
  expect(() => new ReplayedSource(path)).toThrow(
    `play ${path}: struct http_series was another in wattspan 9.9.9, which recorded it; play it with that version`,
  );
});

test("a recording without a header is refused", () => {
  record("{}");
  expect(() => new ReplayedSource(path)).toThrow("its header cannot be read");
});

test("moments come in their order, with the maps, processes and clock of their time", async () => {
  const writer = new FrameWriter(path, failOn);
  writer.writeJson(FRAME.header, HEADER);
  writer.writeJson(FRAME.process, {
    pid: 7,
    startNs: 5e9,
    executable: "/bin/shop",
    command: "shop",
    cgroup: { id: 1, v1: false, path: "/", containerId: undefined, podUid: undefined },
    resource: [["service.name", "shop"]],
  });
  const records = Buffer.alloc(8 + 8 + 8);
  records.writeBigUInt64LE(2000n);
  records.writeUInt32LE(8, 8);
  writer.write(FRAME.records, records);
  const entry = Buffer.alloc(8 + http_series_key.size + http_series.size, 1);
  entry.writeUInt32LE(1, 0);
  writer.write(FRAME.series, entry);
  writer.writeJson(FRAME.exit, { pid: 7, startNs: 5e9, exitNs: 6e9 });
  writer.write(999, Buffer.from("of a later version"));
  writer.writeJson(FRAME.counters, { ring_full: "3" });
  const collected = Buffer.alloc(24);
  collected.writeBigUInt64LE(3000n, 0);
  collected.writeBigUInt64LE(1_700_000_000_000_000_009n, 8);
  collected.writeUInt32LE(1, 16);
  writer.write(FRAME.collected, collected);
  writer.close();

  const source = new ReplayedSource(path);
  expect(source.next()).toBe("records");
  expect(source.monotonicNs).toBe(2000n);
  expect(source.tap.drain(() => {}, 10)).toBe(1);
  expect(source.tap.drain(() => {}, 10)).toBe(0);
  const shop = source.processes.getAt(7, 5e9);
  expect(shop).toMatchObject({ executable: "/bin/shop", exitNs: undefined });
  expect(source.services.serviceOf(shop!).attributes).toEqual([["service.name", "shop"]]);
  expect(source.next()).toBe("last collection");
  expect(source.tap.readSeries().count).toBe(1);
  expect(source.tap.counters().ring_full).toBe(3n);
  expect(source.processes.getAt(7, 5e9)?.exitNs).toBe(6e9);
  expect(source.next()).toBeUndefined();
  expect(source.end).toBe("cut"); // it has no last frame
  await source.close();
});
