// Recordings of the running kernel: what is played is what was seen.
import { execFile, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Component } from "../../src/component/index.ts";
import { parseConfig } from "../../src/confmap/decode.ts";
import { RecordedSource } from "../../src/ebpf/recording/recorded-source.ts";
import { readAgentPid } from "../../src/ebpf/tap/agent-pid.ts";
import { hostPaths, openKernelSource } from "../../src/ebpf/tap/source.ts";
import { loadLibbpf } from "../../src/native/load.ts";
import { decodeMetrics } from "../../src/pdata/decode/metrics.ts";
import { decodeTraces } from "../../src/pdata/decode/traces.ts";
import type { SignalData } from "../../src/pdata/index.ts";
import { ebpfHttpConfig } from "../../src/receivers/ebpf_http/config.ts";
import { EbpfHttpReceiver } from "../../src/receivers/ebpf_http/receiver.ts";
import { ReplayReceiver } from "../../src/receivers/ebpf_http/replay-receiver.ts";
import { HostRecorder, settings } from "../support/component.ts";
import { OtlpReceiver } from "../support/otlp-receiver.ts";
import { type Server, startPython } from "../support/servers.ts";
import { spansOf } from "../support/telemetry.ts";

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const REQUESTS = 20;
/** After as long, a process that ended has had its last metrics. */
const FORGOTTEN_MS = 6500;
const never = new AbortController().signal;

/** Everything one receiver handed on. */
class Handed {
  readonly traces: SignalData["traces"][] = [];
  readonly metrics: SignalData["metrics"][] = [];
  readonly next = { traces: keep(this.traces), metrics: keep(this.metrics) };

  /** Spans in the order of their time, with their resources. */
  get spans(): unknown[] {
    return this.traces
      .flatMap((traces) => decodeTraces(traces.bytes()))
      .flatMap(({ resource, scopes }) =>
        scopes.flatMap(({ scope, items }) => items.map((span) => ({ resource, scope, span }))),
      )
      .sort((a, b) => Number(a.span.startTime - b.span.startTime));
  }

  /** Collection by collection. */
  get collections(): unknown[] {
    return this.metrics.map((metrics) => decodeMetrics(metrics.bytes()));
  }
}

function keep<T>(list: T[]) {
  return {
    capabilities: { mutatesData: false },
    async consume(data: T): Promise<void> {
      list.push(data);
    },
  };
}

async function talkTo({ port }: Server): Promise<void> {
  for (let i = 0; i < REQUESTS; i++)
    await run("curl", ["-s", "-H", "Cookie: session=hunter2", `http://127.0.0.1:${port}/items/${i}?q=${i}`]);
}

describe("a recording", () => {
  const folder = mkdtempSync(join(tmpdir(), "recording-"));
  const path = join(folder, "case.rec");
  const live = new Handed();
  let server: Server;
  let config: ReturnType<typeof configFor>;

  function configFor(...servers: readonly Server[]) {
    return parseConfig(ebpfHttpConfig, {
      collection_interval: "700ms",
      discovery: { include: servers.map(({ port }) => ({ port })) },
      metrics: { body_size: true },
    });
  }

  async function replay(): Promise<Handed> {
    const played = new Handed();
    const host = new HostRecorder();
    const receiver: Component = new ReplayReceiver({
      settings: settings("ebpf_http"),
      config: { ...config, replay: path },
      next: played.next,
    });
    await receiver.start(host);
    while (host.statuses.length === 0) await sleep(5);
    expect(host.statuses).toEqual(["stopped"]);
    await receiver.shutdown(never);
    return played;
  }

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    server = await startPython();
    const mortal = await startPython();
    config = configFor(server, mortal);
    const recorder: Component = new EbpfHttpReceiver({
      settings: settings("ebpf_http"),
      config,
      next: live.next,
      agentPid: readAgentPid(),
      openSource: async (tap) =>
        new RecordedSource(await openKernelSource(loadLibbpf(), hostPaths(), tap), tap, {
          path,
          version: "0.0.0",
          keepSecrets: false,
          onError: (error) => expect.fail(error.message),
        }),
    });
    await recorder.start(new HostRecorder());
    await talkTo(mortal);
    await mortal.stop();
    await sleep(FORGOTTEN_MS);
    await talkTo(server);
    await sleep(1200);
    await recorder.shutdown(never);
    chmodSync(path, 0o644);
  });

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  test("is played as the same spans, to every attribute and nanosecond", async () => {
    const { spans } = await replay();
    expect(spans).toHaveLength(4 * REQUESTS);
    expect(spans).toEqual(live.spans);
  });

  test("is played as the same metrics, collection by collection", async () => {
    const { collections } = await replay();
    expect(collections.length).toBeGreaterThan(8);
    expect(collections).toEqual(live.collections);
    const processes = collections.map((collection) => (collection as unknown[]).length);
    // A server and its clients: those of the first have had their last metrics when those of the second come.
    expect(Math.max(...processes)).toBe(1 + REQUESTS);
  });

  test("holds no cookie", () => {
    const bytes = readFileSync(path);
    expect(bytes.includes("Cookie: *******")).toBe(true);
    expect(bytes.includes("hunter2")).toBe(false);
  });

  test("is played by a user without any right, through the pipeline; the agent then ends with 0", async () => {
    await using receiver = await OtlpReceiver.start();
    const file = join(folder, "config.yaml");
    writeFileSync(
      file,
      `
receivers: {ebpf_http: {replay: "${path}", metrics: {body_size: true}}}
exporters: {otlp_grpc: {endpoint: "${receiver.endpoint}", tls: {insecure: true}}}
service:
  pipelines:
    traces: {receivers: [ebpf_http], exporters: [otlp_grpc]}
    metrics: {receivers: [ebpf_http], exporters: [otlp_grpc]}
`,
    );
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];
    const { stderr } = await run("setpriv", [...nobody, process.execPath, MAIN, "--config", file]);
    expect(stderr).toContain("Played the whole recording.");
    const ids = (spans: readonly { readonly spanId: string }[]) => spans.map(({ spanId }) => spanId).sort();
    expect(ids(spansOf(receiver))).toEqual(
      ids(live.spans.map((one) => (one as { span: { spanId: string } }).span)),
    );
    expect(receiver.metrics.length).toBeGreaterThan(0);
  });
});

describe("wattspan record", () => {
  test("records until it is told to stop, for the owner alone to read, and says how to play it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "record-"));
    const path = join(folder, "case.rec");
    const server = await startPython();
    const child = spawn(process.execPath, [MAIN, "record", "--output", path]);
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    while (!said.includes("Recording to ")) await sleep(20);
    await talkTo(server);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(said).toMatch(/will hold the first bytes of requests/);
    expect(Number(/Recorded (\d+) records/.exec(said)?.[1])).toBeGreaterThanOrEqual(2 * REQUESTS);
    expect(said).toContain(`--set receivers.ebpf_http.replay=${path}`);
    const { stdout } = await run("stat", ["-c", "%a", path]);
    expect(stdout.trim()).toBe("600");
    await server.stop();
    rmSync(folder, { recursive: true });
  });
});
