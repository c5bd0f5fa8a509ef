// Opens the HTTP tap with the best hooks that this kernel offers.
import { existsSync } from "node:fs";
import { release } from "node:os";
import type { BpfLink, BpfObject, BpfProgram, Libbpf, ObjectOptions } from "../../native/libbpf.ts";
import { BpfHttpTap } from "./bpf-http-tap.ts";
import type { SelectorBits, SpanSettings } from "./http-tap.ts";
import { readsTcpClockOnReceive } from "./kernel-release.ts";
import { Kretprobes } from "./kretprobes.ts";
import { chooseMapSizes, type MapShape, type MapSizes } from "./memory.ts";
import {
  autoload,
  type HookProgram,
  type HookSet,
  hookSetsToTry,
  type Refusal,
  refusalOf,
} from "./socket-hooks.ts";

/** HTTP_MAX_BUCKETS of bpf/http.h. */
export const MAX_BUCKETS = 24;

/** What is settled when the programs are loaded. */
export interface HttpTapSettings {
  /** Our pid in the host's namespace: the agent does not report its own requests. */
  readonly agentPid: number;
  readonly server: boolean;
  readonly client: boolean;
  readonly spans: boolean;
  readonly bodySizes: boolean;
  readonly requestCaptureBytes: number;
  readonly responseCaptureBytes: number;
  readonly routesLimit: number;
  /** Each path is a target of its own, rather than each shape of paths. */
  readonly wholePaths: boolean;
  /** Upper bounds of the histograms' buckets, ascending, 23 at most. */
  readonly boundariesNs: readonly bigint[];
  readonly sizeBoundariesBytes: readonly bigint[];
  /** Entries that no process key restricts, and those that no port restricts. */
  readonly anyProcess: SelectorBits;
  readonly anyPort: SelectorBits;
  /** Entries by the server's port that they ask for. */
  readonly ports: ReadonlyMap<number, SelectorBits>;
  /** Entries exist that ask for something of the process. */
  readonly processSelectors: boolean;
  /** In force from the first request on; none becomes a span until setSpans() where it is left out. */
  readonly firstSpans?: SpanSettings;
  /** One hook set instead of the best. */
  readonly hook?: string | undefined;
}

/** The tap cannot run here. The message is for the user: it says what to do. */
export class TapError extends Error {
  override readonly name = "TapError";
}

/** Loads and attaches `object`, the bytes of http.bpf.o. Throws a TapError when no set of hooks works. */
export function openHttpTap(libbpf: Libbpf, object: Uint8Array, settings: HttpTapSettings): BpfHttpTap {
  const opening = { libbpf, object, settings, ...lookAt(libbpf, object) };
  const refusals: Refusal[] = [];
  let cause: unknown; // of the best set that could not be loaded, with the verifier's log
  for (const set of hookSetsToTry(settings.hook, release())) {
    const refusal = refusalOf(set, libbpf, opening.programs);
    if (refusal) {
      refusals.push(refusal);
      continue;
    }
    try {
      return openWith(set, opening);
    } catch (error) {
      refusals.push({ hook: set.hook, reason: reasonOf(error) });
      cause ??= error;
    }
  }
  throw new TapError(explain(refusals, cause), { cause });
}

/** What is in the object. */
interface Contents {
  readonly programs: readonly HookProgram[];
  readonly maps: readonly MapShape[];
}

interface Opening extends Contents {
  readonly libbpf: Libbpf;
  readonly object: Uint8Array;
  readonly settings: HttpTapSettings;
}

/** Reads the object's contents; nothing is loaded. */
function lookAt(libbpf: Libbpf, bytes: Uint8Array): Contents {
  const object = libbpf.open("http", bytes);
  try {
    return {
      programs: object.programs.map(({ name, section }) => ({ name, section })),
      maps: object.maps.map(({ name, type, keySize, valueSize, maxEntries }) => ({
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
      })),
    };
  } finally {
    object.close();
  }
}

function openWith(set: HookSet, { libbpf, object: bytes, settings, programs, maps }: Opening): BpfHttpTap {
  const needs = { ...settings, cpus: libbpf.possibleCpus(), pendingCalls: set.hook === "kprobe" };
  const sizes = chooseMapSizes(maps, needs);
  const object = libbpf.open("http", bytes, {
    rodata: rodataOf(settings, sizes),
    maps: Object.fromEntries(
      Object.entries(sizes.maxEntries).map(([name, maxEntries]) => [name, { maxEntries }]),
    ),
    autoload: autoload(set, libbpf, programs),
  });
  const links: BpfLink[] = [];
  try {
    object.load();
    writePorts(object, settings.ports);
    const tap = new BpfHttpTap(set.hook, object, links);
    if (settings.firstSpans) tap.setSpans(settings.firstSpans);
    attachTo(object, links);
    return tap;
  } catch (error) {
    for (const link of links) link.close();
    object.close();
    throw error;
  }
}

/** Attaches the chosen programs, each by its section, and adds them to `links`. */
function attachTo(object: BpfObject, links: BpfLink[]): void {
  const programs = object.programs.filter(({ autoload }) => autoload);
  const returnOf = ({ section }: BpfProgram) => /^\??kretprobe\/(.+)$/.exec(section)?.[1];
  const kretprobes = programs.some(returnOf) ? new Kretprobes() : undefined;
  kretprobes?.removeStale();
  for (const program of programs) {
    const symbol = returnOf(program);
    links.push(symbol && kretprobes ? kretprobes.attach(program, symbol) : program.attach());
  }
}

function rodataOf(
  settings: HttpTapSettings,
  { shards, maxEntries }: MapSizes,
): NonNullable<ObjectOptions["rodata"]> {
  return {
    agent_tgid: settings.agentPid,
    roles: (settings.server ? 1 : 0) | (settings.client ? 2 : 0),
    spans_enabled: settings.spans ? 1 : 0,
    sizes_enabled: settings.bodySizes ? 1 : 0,
    request_capture_bytes: settings.requestCaptureBytes,
    response_capture_bytes: settings.responseCaptureBytes,
    shard_mask: shards - 1,
    near_connections_mask: maxEntries.near_connections! - 1,
    near_series_mask: maxEntries.near_series! - 1,
    near_captures_mask: maxEntries.near_captures! - 1,
    routes_limit: settings.routesLimit,
    whole_paths: settings.wholePaths ? 1 : 0,
    tcp_clock_read_on_receive: readsTcpClockOnReceive(release()) ? 1 : 0,
    boundaries: settings.boundariesNs.length,
    boundaries_ns: boundariesOf(settings.boundariesNs),
    size_boundaries: settings.sizeBoundariesBytes.length,
    size_boundaries_bytes: boundariesOf(settings.sizeBoundariesBytes),
    any_process: bitsOf(settings.anyProcess),
    any_port: bitsOf(settings.anyPort),
  };
}

function boundariesOf(boundaries: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * MAX_BUCKETS);
  for (const [index, bound] of boundaries.entries()) bytes.writeBigUInt64LE(bound, 8 * index);
  return bytes;
}

function bitsOf({ include, exclude }: SelectorBits): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(include >>> 0, 0);
  bytes.writeUInt32LE(exclude >>> 0, 4);
  return bytes;
}

/** Before the programs are attached: no connection is judged without them. */
function writePorts(object: BpfObject, ports: ReadonlyMap<number, SelectorBits>): void {
  const map = object.map("ports");
  const key = Buffer.alloc(2);
  for (const [port, bits] of ports) {
    key.writeUInt16LE(port);
    map.update(key, bitsOf(bits));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One sentence with what is missing and what to do about it. */
function explain(refusals: readonly Refusal[], cause: unknown): string {
  const reasons = refusals.map(({ hook, reason }) => `${hook}: ${reason}`).join("; ");
  return `cannot watch sockets (${reasons}): ${advice(reasons, cause)}`;
}

function advice(reasons: string, cause: unknown): string {
  if (isRefusedByVerifier(cause))
    return "this kernel's verifier refuses the programs: report it with the output of `wattspan doctor --json`";
  if (/EPERM|EACCES/.test(reasons) && !isRoot())
    return "run as root, or grant CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH";
  if (!existsSync("/sys/kernel/btf/vmlinux")) return "this needs a kernel with BTF (CONFIG_DEBUG_INFO_BTF=y)";
  if (/tracefs is not mounted/.test(reasons))
    return "mount tracefs (mount -t tracefs tracefs /sys/kernel/tracing): this kernel has no better hooks";
  if (/EPERM|EACCES/.test(reasons))
    return "BPF is not allowed here: give the container CAP_BPF and CAP_PERFMON, and look at its seccomp profile";
  return "this needs Linux 6.3, or an older one with fexit, kprobes or system call tracepoints; `wattspan doctor` says more";
}

/** The log of a program that was looked at and refused ends with how much of it was looked at. */
function isRefusedByVerifier(cause: unknown): boolean {
  const log = cause instanceof Error ? cause.cause : undefined;
  return typeof log === "string" && /^processed \d+ insns/m.test(log);
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}
