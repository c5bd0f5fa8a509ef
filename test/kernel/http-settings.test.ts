// What the HTTP tap is told to look at, and which requests it is told to keep as spans.
import { createServer, get as httpGet } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { http_series, http_series_key } from "../../src/ebpf/layouts.gen.ts";
import type { SpanSettings } from "../../src/ebpf/tap/http-tap.ts";
import type { HttpTapSettings } from "../../src/ebpf/tap/open.ts";
import { get, ok, reply } from "../support/cases/case.ts";
import { Conversation } from "../support/conversation.ts";
import { KEEP_ALL, KEEP_ALL_SPANS, openKernelTap, openLiveTap } from "../support/live-tap.ts";
import { playTalk } from "../support/talk.ts";
import type { SeenRequest } from "../support/tap.ts";

/** A randomness has 56 bits: no request reaches this. */
const KEEP_NONE = 1n << 56n;
const NOBODY = { include: 0, exclude: 0 } as const;
const FIRST = { include: 1, exclude: 0 } as const;

/** A fast success, an error of each side's kind, a slow success, and one that is never answered. */
function mixed(): Conversation {
  return new Conversation()
    .connect()
    .ask(get("/fast"))
    .answer(ok("fast"))
    .ask(get("/client-error"))
    .answer(reply("404 Not Found", ""))
    .ask(get("/server-error"))
    .answer(reply("500 Oops", ""))
    .ask(get("/slow"))
    .act("s", "sleep 60")
    .answer(ok("slow"))
    .ask(get("/silent"))
    .closeByServer();
}

/** Plays `talk` before a tap with these settings; resolves to what its processes were seen to do. */
async function play(
  talk: Conversation,
  settings: Partial<HttpTapSettings>,
  spans: Partial<SpanSettings> = {},
) {
  const tap = openLiveTap({ ...KEEP_ALL, ...settings }, { ...KEEP_ALL_SPANS, ...spans });
  await tap.start();
  try {
    const { steps } = await playTalk(talk);
    const pids = new Set(steps.map(({ pid }) => pid));
    return (await tap.requests()).filter(({ pid }) => pids.has(pid));
  } finally {
    await tap.stop();
  }
}

function targets(seen: readonly SeenRequest[], role: "client" | "server"): string[] {
  return seen.filter((request) => request.role === role).map(({ target }) => target);
}

test("keeps errors and slow requests when it is told to keep no others", async () => {
  const seen = await play(mixed(), {}, { threshold: KEEP_NONE, slowNs: 50_000_000n, keepErrors: true });
  expect(targets(seen, "server")).toEqual(["/server-error", "/slow", "/silent"]);
  expect(targets(seen, "client")).toEqual(["/client-error", "/server-error", "/slow", "/silent"]);
});

test("keeps only slow requests when errors are not asked for", async () => {
  const seen = await play(mixed(), {}, { threshold: KEEP_NONE, slowNs: 50_000_000n, keepErrors: false });
  expect([targets(seen, "server"), targets(seen, "client")]).toEqual([["/slow"], ["/slow"]]);
});

test("keeps the same requests on both sides when it keeps a share", async () => {
  const many = new Conversation().connect();
  for (let i = 0; i < 120; i++) many.ask(get(`/share/${i}`)).answer(ok(""));
  const seen = await play(many.close(), {}, { threshold: KEEP_NONE / 2n, slowNs: 0n });
  expect(targets(seen, "server")).toEqual(targets(seen, "client"));
  expect(targets(seen, "server").length).toBeGreaterThan(30);
  expect(targets(seen, "server").length).toBeLessThan(90);
});

test("keeps no more spans in a second than it may, and counts the others", async () => {
  const many = new Conversation().connect();
  for (let i = 0; i < 100; i++) many.ask(get(`/budget/${i}`)).answer(ok(""));
  const tap = openLiveTap(KEEP_ALL, { ...KEEP_ALL_SPANS, spansPerSecond: 8 });
  const began = performance.now();
  await tap.start();
  try {
    await playTalk(many.close());
    const { spans, spans_over_budget } = tap.counters(); // the host's other requests are among them
    // The budget's seconds are 2^30 ns; the conversation begins and ends in the middle of one.
    const seconds = 2 + Math.floor((performance.now() - began) / 1073);
    expect(spans).toBeGreaterThan(0);
    expect(spans).toBeLessThanOrEqual(8 * seconds);
    expect(Number(spans) + Number(spans_over_budget)).toBeGreaterThanOrEqual(200);
  } finally {
    await tap.stop();
  }
});

test.each([
  { role: "server", settings: { client: false } },
  { role: "client", settings: { server: false } },
] as const)("watches $role alone", async ({ role, settings }) => {
  const seen = await play(mixed(), settings);
  expect(new Set(seen.map((request) => request.role))).toEqual(new Set([role]));
  expect(seen.length).toBe(5);
});

test("watches no port but those it is told to", async () => {
  const server = new Conversation().connect().ask(get("/port")).answer(ok("")).close();
  expect(await play(server, { anyPort: NOBODY, ports: new Map([[1, FIRST]]) })).toEqual([]);
});

test("reports nothing of its own, neither as client nor as server", async () => {
  const server = createServer((_, response) => response.end("own")).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const tap = openLiveTap();
  await tap.start();
  try {
    await new Promise<void>((resolve, reject) => {
      httpGet({ port, path: "/own", agent: false }, (response) => response.resume().on("end", resolve)).on(
        "error",
        reject,
      );
    });
    const own = (await tap.requests()).filter(
      ({ local, remote }) => local.port === port || remote.port === port,
    );
    expect(own).toEqual([]);
  } finally {
    await tap.stop();
    server.close();
  }
});

test("counts every request by status and failure, kept as span or not", async () => {
  const tap = openKernelTap(KEEP_ALL, { ...KEEP_ALL_SPANS, threshold: KEEP_NONE, keepErrors: false });
  try {
    const { steps } = await playTalk(mixed());
    const server = steps.find(({ actor }) => actor === "s")!.pid;
    const { count, keys, values } = tap.readSeries();
    const counted: Record<string, number> = {};
    for (let i = 0; i < count; i++) {
      const key = i * http_series_key.size;
      if (keys.readUInt32LE(key + http_series_key.tgid) !== server) continue;
      const name = `${keys.readUInt16LE(key + http_series_key.status)} ${keys[key + http_series_key.failure]}`;
      for (let bucket = 0; bucket <= KEEP_ALL.boundariesNs.length; bucket++)
        counted[name] =
          (counted[name] ?? 0) + values.readUInt32LE(i * http_series.size + http_series.buckets + 4 * bucket);
    }
    expect(counted).toEqual({ "0 1": 1, "200 0": 2, "404 0": 1, "500 0": 1 });
  } finally {
    tap.close();
  }
});

test.each([
  { wholePaths: false, series: 1 },
  { wholePaths: true, series: 3 },
])(
  "counts /reports/2023 and its like in $series series with wholePaths $wholePaths",
  async ({ wholePaths, series }) => {
    const tap = openKernelTap({ ...KEEP_ALL, wholePaths });
    try {
      const years = new Conversation().connect();
      for (const year of [2023, 2024, 2025, 2024]) years.ask(get(`/reports/${year}`)).answer(ok(""));
      const { steps } = await playTalk(years.close());
      const server = steps.find(({ actor }) => actor === "s")!.pid;
      const { count, keys } = tap.readSeries();
      const targets = new Set<bigint>();
      for (let key = 0; key < count * http_series_key.size; key += http_series_key.size)
        if (keys.readUInt32LE(key + http_series_key.tgid) === server)
          targets.add(keys.readBigUInt64LE(key + http_series_key.target));
      expect(targets.size).toBe(series);
    } finally {
      tap.close();
    }
  },
);

/** Each loads for a second: all of spans, sizes and capture, and either role alone. */
const KNOBS = [
  ...[true, false].flatMap((spans) =>
    [true, false].flatMap((bodySizes) =>
      [0, 1024].map((bytes) => ({ spans, bodySizes, server: true, client: true, bytes })),
    ),
  ),
  { spans: true, bodySizes: true, server: true, client: false, bytes: 512 },
  { spans: true, bodySizes: true, server: false, client: true, bytes: 512 },
];

test.each(KNOBS)(
  "passes the verifier with spans $spans, body sizes $bodySizes, server $server, client $client, capture $bytes",
  ({ bytes, ...knobs }) => {
    const bounds = Array.from({ length: 23 }, (_, i) => BigInt(i + 1));
    const tap = openKernelTap({
      ...KEEP_ALL,
      ...knobs,
      requestCaptureBytes: bytes,
      responseCaptureBytes: bytes,
      boundariesNs: bounds,
      sizeBoundariesBytes: knobs.bodySizes ? bounds : [],
      processSelectors: knobs.server,
      ports: new Map([[80, FIRST]]),
      anyPort: knobs.spans ? FIRST : NOBODY,
    });
    expect(tap.memoryBytes).toBeLessThan(17 << 20);
    tap.close();
  },
);
