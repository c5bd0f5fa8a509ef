// The kernel's HTTP tap as the case tables see it: bpf/http.bpf.o, with every request kept.
import { isIPv4 } from "node:net";
import { http_request_event } from "../../src/ebpf/layouts.gen.ts";
import { readAgentPid } from "../../src/ebpf/tap/agent-pid.ts";
import type { BpfHttpTap } from "../../src/ebpf/tap/bpf-http-tap.ts";
import type { SpanSettings } from "../../src/ebpf/tap/http-tap.ts";
import { readBpfObject } from "../../src/ebpf/tap/objects.ts";
import { type HttpTapSettings, openHttpTap } from "../../src/ebpf/tap/open.ts";
import { SOCKET_HOOK_VARIABLE } from "../../src/ebpf/tap/socket-hooks.ts";
import type { Libbpf } from "../../src/native/libbpf.ts";
import { loadLibbpf } from "../../src/native/load.ts";
import type { Failure } from "./cases.ts";
import type { Endpoint } from "./talk.ts";
import type { SeenRequest, TapCounters, TestedTap } from "./tap.ts";

export const REQUEST_EVENT = 1;
const SERVER = 1;
const AF_INET = 2;
/** By enum http_failure. */
const FAILURES: readonly (Failure | undefined)[] = [undefined, "closed", "reset", "cancelled"];
const DRAIN_MS = 20;
const ALL = { include: 1, exclude: 0 } as const;

/** Reports every request of every process but this one. */
export const KEEP_ALL: HttpTapSettings = {
  agentPid: readAgentPid(),
  server: true,
  client: true,
  spans: true,
  bodySizes: false,
  requestCaptureBytes: 512,
  responseCaptureBytes: 0,
  routesLimit: 10_000,
  wholePaths: false,
  boundariesNs: [1_000_000n, 1_000_000_000n],
  sizeBoundariesBytes: [],
  anyProcess: ALL,
  anyPort: ALL,
  ports: new Map(),
  processSelectors: false,
  hook: process.env[SOCKET_HOOK_VARIABLE],
};

/** Keeps every span. */
export const KEEP_ALL_SPANS: SpanSettings = {
  threshold: 0n,
  slowNs: 0n,
  spansPerSecond: 1_000_000,
  keepErrors: true,
};

/** Opens the tap of the running kernel. */
export function openKernelTap(
  settings: HttpTapSettings = KEEP_ALL,
  spans: SpanSettings = KEEP_ALL_SPANS,
  libbpf: Libbpf = loadLibbpf(),
): BpfHttpTap {
  const tap = openHttpTap(libbpf, readBpfObject("http"), settings);
  tap.setSpans(spans);
  return tap;
}

/** A tap of the running kernel, not yet started. */
export function openLiveTap(
  settings: HttpTapSettings = KEEP_ALL,
  spans: SpanSettings = KEEP_ALL_SPANS,
): TestedTap {
  return new LiveTap(settings, spans);
}

/** The same, where all connections, series and heads ask for one place in front of their maps. */
export function openCrowdedTap(): TestedTap {
  const libbpf = loadLibbpf();
  const open: Libbpf["open"] = (name, bytes, options) =>
    libbpf.open(name, bytes, options && { ...options, rodata: { ...options.rodata, ...ONE_PLACE } });
  return new LiveTap(KEEP_ALL, KEEP_ALL_SPANS, Object.create(libbpf, { open: { value: open } }));
}

const ONE_PLACE = { near_connections_mask: 0, near_series_mask: 0, near_captures_mask: 0 } as const;

class LiveTap implements TestedTap {
  readonly #settings: HttpTapSettings;
  readonly #spans: SpanSettings;
  readonly #libbpf: Libbpf;
  readonly #requests: SeenRequest[] = [];
  #tap: BpfHttpTap | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: HttpTapSettings, spans: SpanSettings, libbpf: Libbpf = loadLibbpf()) {
    this.#settings = settings;
    this.#spans = spans;
    this.#libbpf = libbpf;
  }

  async start(): Promise<void> {
    this.#tap = openKernelTap(this.#settings, this.#spans, this.#libbpf);
    this.#timer = setInterval(() => this.#drain(), DRAIN_MS);
  }

  async requests(): Promise<SeenRequest[]> {
    this.#drain();
    return [...this.#requests];
  }

  counters(): TapCounters {
    const counters = Object.entries(this.#tap?.counters() ?? {});
    return Object.fromEntries(counters.map(([name, value]) => [name, Number(value)]));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#tap?.close();
    this.#tap = undefined;
  }

  #drain(): void {
    this.#tap?.drain((view, offset) => {
      if (view.getUint32(offset + http_request_event.type, true) === REQUEST_EVENT)
        this.#requests.push(decodeRequest(view, offset));
    }, Number.POSITIVE_INFINITY);
  }
}

/** Reads a struct http_request_event and the head behind it. */
export function decodeRequest(view: DataView, offset: number): SeenRequest {
  const at = (field: Exclude<keyof typeof http_request_event, "size">) => offset + http_request_event[field];
  const [method = "", target = ""] = requestLine(view, offset);
  const failure = FAILURES[view.getUint8(at("failure"))];
  return {
    role: view.getUint8(at("role")) === SERVER ? "server" : "client",
    pid: view.getUint32(at("tgid"), true),
    method,
    target,
    version: `1.${view.getUint8(at("minor_version"))}`,
    status: view.getUint16(at("status"), true),
    requestBody: Number(view.getBigUint64(at("request_body_bytes"), true)),
    responseBody: Number(view.getBigUint64(at("response_body_bytes"), true)),
    startNs: view.getBigUint64(at("start_ns"), true),
    endNs: view.getBigUint64(at("end_ns"), true),
    local: endpoint(view, offset, "local"),
    remote: endpoint(view, offset, "remote"),
    ...(failure && { failure }),
  };
}

/** The words of the request line, as far as it was captured; empty lines may precede it. */
function requestLine(view: DataView, offset: number): string[] {
  const bytes = view.getUint16(offset + http_request_event.request_head_bytes, true);
  const head = Buffer.from(view.buffer, view.byteOffset + offset + http_request_event.size, bytes).toString(
    "latin1",
  );
  return head.trimStart().split("\r\n", 1)[0]!.split(" ");
}

function endpoint(view: DataView, offset: number, end: "local" | "remote"): Endpoint {
  const port = view.getUint16(offset + http_request_event[`${end}_port`], true);
  const from = view.byteOffset + offset + http_request_event[`${end}_address`];
  const isFour = view.getUint16(offset + http_request_event.family, true) === AF_INET;
  const bytes = Buffer.from(view.buffer, from, isFour ? 4 : 16);
  return { address: isFour ? bytes.join(".") : ipv6(bytes), port };
}

function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(":");
  const { hostname } = new URL(`http://[${groups}]`);
  const short = hostname.slice(1, -1);
  const four = bytes.subarray(12).join(".");
  return short.startsWith("::ffff:") && isIPv4(four) ? four : short;
}
