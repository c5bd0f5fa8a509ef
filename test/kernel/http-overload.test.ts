// A consumer that does not come: metrics stay complete, lost spans are counted exactly, the application is unharmed.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { http_series, http_series_key, http_target_event } from "../../src/ebpf/layouts.gen.ts";
import type { BpfHttpTap } from "../../src/ebpf/tap/bpf-http-tap.ts";
import { KEEP_ALL, openKernelTap, REQUEST_EVENT } from "../support/live-tap.ts";

const PEERS = join(import.meta.dirname, "../support/peers");
/** More than the ring holds: two megabytes, and two records of some 700 bytes for each request. */
const REQUESTS = 4000;
/** Asked for once each, when the ring is full: more names than a gap too small for a span would take. */
const LATE_PATHS = [..."ghijklmnopqrstuvwxyz"].map((letter) => `/late/${letter.repeat(5)}`);
const BUCKETS = KEEP_ALL.boundariesNs.length + 1;

let tap: BpfHttpTap;
let statuses: number[] = [];
let ofServer = 0;
let ofClient = 0;

beforeAll(async () => {
  tap = openKernelTap();
  const server = spawn(process.execPath, [join(PEERS, "node-server.mjs")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const first = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
  const ask = {
    url: `http://127.0.0.1:${first.value}/ok`,
    method: "GET",
    headers: { "X-Filler": "f".repeat(500) },
    body: "",
  };
  const client = spawn(process.execPath, [join(PEERS, "node-client.mjs"), "http"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const late = LATE_PATHS.map((path) => ({ ...ask, url: `http://127.0.0.1:${first.value}${path}` }));
  client.stdin.end(JSON.stringify([...Array(REQUESTS - late.length).fill(ask), ...late]));
  statuses = ((await json(client.stdout)) as { status: number }[]).map(({ status }) => status);
  server.kill();
  ofServer = countOf(server.pid!);
  ofClient = countOf(client.pid!);
}, 120_000);
afterAll(() => tap.close());

/** Requests in the series of one process. */
function countOf(pid: number): number {
  const { count, keys, values } = tap.readSeries();
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (keys.readUInt32LE(i * http_series_key.size + http_series_key.tgid) !== pid) continue;
    for (let bucket = 0; bucket < BUCKETS; bucket++)
      sum += values.readUInt32LE(i * http_series.size + http_series.buckets + 4 * bucket);
  }
  return sum;
}

/** The part of a request's head that a target's first sight carries. */
function namedBy(view: DataView, offset: number, length: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + offset, length);
  return bytes.toString("latin1", http_target_event.size);
}

test("every request is answered", () => {
  expect(statuses.length).toBe(REQUESTS);
  expect(statuses.slice(0, -LATE_PATHS.length).every((status) => status === 200)).toBe(true);
  expect(statuses.slice(-LATE_PATHS.length)).toEqual(LATE_PATHS.map(() => 404));
});

test("the series count every request on both sides", () => {
  expect([ofServer, ofClient]).toEqual([REQUESTS, REQUESTS]);
});

test("spans that found the ring full are counted, each once, and the others are all in it; names have their own", () => {
  const { spans, ring_full: lost } = tap.counters();
  let records = 0;
  const names: string[] = [];
  tap.drain((view, offset, length) => {
    if (view.getUint32(offset, true) === REQUEST_EVENT) records++;
    else names.push(namedBy(view, offset, length));
  }, Number.POSITIVE_INFINITY);
  expect(Number(lost)).toBeGreaterThan(0);
  expect(records).toBe(Number(spans));
  const lateNames = names.filter((name) => LATE_PATHS.some((path) => name.startsWith(`GET ${path} `)));
  expect(lateNames.length).toBe(LATE_PATHS.length);
  // Other processes of the host may make requests too.
  expect(Number(spans + lost)).toBeGreaterThanOrEqual(2 * REQUESTS);
});
