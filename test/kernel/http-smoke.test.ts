// The receiver on the running kernel: what discovery selects, what the metrics count, and what it leaves behind.
import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../src/confmap/decode.ts";
import { readAgentPid } from "../../src/ebpf/tap/agent-pid.ts";
import { MAP_MEMORY_BYTES } from "../../src/ebpf/tap/memory.ts";
import type { HttpTapSettings } from "../../src/ebpf/tap/open.ts";
import { type HttpSource, hostPaths, openKernelSource } from "../../src/ebpf/tap/source.ts";
import { loadLibbpf } from "../../src/native/load.ts";
import { toObject } from "../../src/pdata/decode/common.ts";
import { decodeMetrics } from "../../src/pdata/decode/metrics.ts";
import type { HistogramPoint, NumberPoint } from "../../src/pdata/decode/points.ts";
import { decodeTraces } from "../../src/pdata/decode/traces.ts";
import type { Metrics, Traces } from "../../src/pdata/index.ts";
import { ebpfHttpConfig } from "../../src/receivers/ebpf_http/config.ts";
import { EbpfHttpReceiver } from "../../src/receivers/ebpf_http/receiver.ts";
import { HostRecorder, settings } from "../support/component.ts";

const PEERS = join(import.meta.dirname, "../support/peers");
const HISTOGRAM = "http.server.request.duration";
/** More than the rest of the host can use up. */
const BUDGET = { spans: { max_per_second: 10_000_000 } } as const;

let servers: ChildProcess[] = [];
let receiver: EbpfHttpReceiver | undefined;
let source: HttpSource | undefined;
let traces: Traces[] = [];
let metrics: Metrics[] = [];

beforeEach(() => {
  servers = [];
  traces = [];
  metrics = [];
});
afterEach(async () => {
  await stop();
  for (const server of servers) server.kill("SIGKILL");
});

async function startServer(): Promise<{
  readonly pid: number;
  readonly port: number;
  readonly child: ChildProcess;
}> {
  const child = spawn(process.execPath, [join(PEERS, "node-server.mjs")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  servers.push(child);
  const first = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  return { pid: child.pid!, port: Number(first.value), child };
}

async function start(section: object): Promise<void> {
  receiver = new EbpfHttpReceiver({
    settings: settings("ebpf_http"),
    config: parseConfig(ebpfHttpConfig, { collection_interval: "1h", ...BUDGET, ...section }),
    next: {
      traces: { capabilities: { mutatesData: false }, consume: async (data) => void traces.push(data) },
      metrics: { capabilities: { mutatesData: false }, consume: async (data) => void metrics.push(data) },
    },
    agentPid: readAgentPid(),
    openSource: async (tap: HttpTapSettings) => {
      source = await openKernelSource(loadLibbpf(), hostPaths(), tap);
      return source;
    },
  });
  await receiver.start(new HostRecorder());
}

/** Stops the receiver, which hands on everything. */
async function stop(): Promise<void> {
  await receiver?.shutdown(AbortSignal.timeout(10_000));
  receiver = undefined;
}

/** Asks by curl, a process of its own, each path once. */
async function ask(port: number, ...paths: string[]): Promise<void> {
  const urls = paths.map((path) => `http://127.0.0.1:${port}${path}`);
  const curl = spawn("curl", ["-s", ...urls], { stdio: ["ignore", "pipe", "inherit"] });
  await text(curl.stdout!);
}

function spans() {
  return traces
    .flatMap((each) => decodeTraces(each.bytes()))
    .flatMap(({ resource, scopes }) =>
      scopes.flatMap(({ items }) =>
        items.map((span) => ({
          ...span,
          pid: toObject(resource.attributes)["process.pid"],
          attributes: toObject(span.attributes),
        })),
      ),
    );
}

/** Points of the last collection. */
function points(name: string) {
  return decodeMetrics(metrics.at(-1)!.bytes())
    .flatMap(({ resource, scopes }) =>
      scopes.flatMap(({ items }) =>
        items.map((item) => ({ ...item, pid: toObject(resource.attributes)["process.pid"] })),
      ),
    )
    .filter((metric) => metric.name === name)
    .flatMap(({ pid, data }) =>
      ("points" in data! ? [...data.points] : []).map((point) => ({
        ...(point as HistogramPoint & NumberPoint),
        pid,
        attributes: toObject(point.attributes),
      })),
    );
}

function counts(pid: number) {
  return Object.fromEntries(
    points(HISTOGRAM)
      .filter((point) => point.pid === BigInt(pid))
      .map(({ attributes, count }) => [
        `${attributes["http.route"]} ${attributes["http.response.status_code"]}`,
        count,
      ]),
  );
}

test("selects in the kernel: by executable, by pid, by port, and not what is excluded", async () => {
  const [wanted, byPort, excluded, other] = await Promise.all([
    startServer(),
    startServer(),
    startServer(),
    startServer(),
  ]);
  await start({
    discovery: {
      include: [{ pid: wanted.pid }, { port: byPort.port }, { executable: "*/curl", port: excluded.port }],
      exclude: [{ port: excluded.port }],
    },
  });
  for (const { port } of [wanted, byPort, excluded, other]) await ask(port, "/ok", "/users/42/orders");
  await stop();
  const seen = new Set(
    spans()
      .filter(({ kind }) => kind === 2)
      .map(({ pid }) => pid),
  );
  expect(seen).toEqual(new Set([BigInt(wanted.pid), BigInt(byPort.pid)]));
  expect(counts(wanted.pid)).toEqual({ "/ok 200": 1n, "/users/{id}/orders 200": 1n });
  expect(counts(other.pid)).toEqual({});
});

test("selects processes that start after it did, whatever they were forked from", async () => {
  await start({ discovery: { include: [{ executable: "*/node" }] } });
  const server = await startServer();
  await ask(server.port, "/ok");
  await stop();
  const own = spans().filter(({ attributes }) => attributes["server.port"] === BigInt(server.port));
  expect(own.map(({ pid, kind }) => [pid, kind])).toEqual([[BigInt(server.pid), 2]]);
});

test("counts every request in the metrics, whatever share of them becomes spans, with body sizes", async () => {
  const server = await startServer();
  await start({
    discovery: { include: [{ port: server.port }] },
    spans: { ratio: 0, errors: true },
    metrics: { body_size: true },
    routes: { patterns: ["/users/{user}/orders"] },
  });
  await ask(server.port, ...Array<string>(50).fill("/ok"), "/users/42/orders", "/error", "/nowhere");
  await stop();
  expect(counts(server.pid)).toEqual({
    "/ok 200": 50n,
    "/users/{user}/orders 200": 1n,
    "/error 500": 1n,
    "/nowhere 404": 1n,
  });
  expect(
    spans()
      .map(({ name, kind, status }) => `${name} ${kind} ${status.code}`)
      .sort(),
  ).toEqual(["GET /error 2 2", "GET 3 2", "GET 3 2"]); // a 404 is an error of the client's alone
  const sizes = points("http.server.response.body.size").find(
    ({ attributes }) => attributes["http.route"] === "/ok",
  );
  expect(sizes).toMatchObject({ count: 50n, sum: 50 * "hello from the server\n".length });
  const client = points("http.client.request.duration");
  expect(client.map(({ attributes }) => attributes["server.port"])).toEqual(
    client.map(() => BigInt(server.port)),
  );
  expect(client.reduce((sum, { count }) => sum + count, 0n)).toBe(53n);
});

test("counts the requests under way", async () => {
  const server = await startServer();
  await start({ collection_interval: "100ms", discovery: { include: [{ port: server.port }] } });
  const socket = connect(server.port, "127.0.0.1");
  const asked = spawn(
    "sh",
    [
      "-c",
      `printf 'POST /submit HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 2\\r\\n\\r\\na'; sleep 0.5; printf b; sleep 0.2`,
    ],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const nc = spawn(
    process.execPath,
    ["-e", `const s=require("net").connect(${server.port},"127.0.0.1");process.stdin.pipe(s);s.resume()`],
    {
      stdio: [asked.stdout!, "ignore", "inherit"],
    },
  );
  const active = () => points("http.server.active_requests").map(({ value }) => value);
  await expect
    .poll(() => (metrics.length > 0 ? active() : []), { timeout: 5000, interval: 50 })
    .toEqual([1n]);
  await expect.poll(active, { timeout: 5000, interval: 50 }).toEqual([0n]);
  socket.destroy();
  nc.kill();
});

test("leaves no series in the kernel of processes that ended", async () => {
  const server = await startServer();
  await start({ collection_interval: "500ms", discovery: { include: [{ port: server.port }] } });
  await ask(server.port, "/ok");
  await expect.poll(() => source!.tap.readSeries().count, { timeout: 3000 }).toBe(2);
  server.child.kill("SIGKILL");
  await expect.poll(() => source!.tap.readSeries().count, { timeout: 15_000, interval: 200 }).toBe(0);
}, 30_000);

test("reports nothing of its own", async () => {
  const server = await startServer();
  await start({ discovery: { include: [{ port: server.port }] } });
  const answer = await fetch(`http://127.0.0.1:${server.port}/ok`);
  await answer.text();
  await sleep(300);
  await stop();
  expect(spans()).toEqual([]);
});

test("keeps the kernel's memory inside its budget", async () => {
  await start({});
  expect(source!.description.map_memory_bytes).toBeLessThan(MAP_MEMORY_BYTES);
});
