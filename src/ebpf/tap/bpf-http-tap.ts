// The HTTP tap in the kernel: bpf/http.bpf.o, loaded and attached, and its maps.
import type { BpfLink, BpfObject, BpfProgram } from "../../native/libbpf.ts";
import { http_settings } from "../layouts.gen.ts";
import { type OnRecord, RingReader } from "../ring.ts";
import { ConnectionMaps } from "./connection-maps.ts";
import { MAP_COUNTER_NAMES, sumCounters, type TapCounters } from "./counters.ts";
import type { HttpTap, MapSnapshot, SelectorBits, SpanSettings } from "./http-tap.ts";
import { MapReader } from "./map-reader.ts";
import { SeriesMaps } from "./series-maps.ts";
import type { SocketHook } from "./socket-hooks.ts";

const EMPTY: MapSnapshot = { count: 0, keys: Buffer.alloc(0), values: Buffer.alloc(0) };

/** Owns a loaded object whose programs are attached. */
export class BpfHttpTap implements HttpTap {
  readonly hook: SocketHook;
  readonly #object: BpfObject;
  readonly #links: readonly BpfLink[];
  readonly #programs: readonly BpfProgram[];
  readonly #targets: RingReader;
  readonly #requests: RingReader;
  readonly #series: SeriesMaps;
  readonly #sizes: MapReader;
  readonly #connections: ConnectionMaps;
  readonly #counters: MapReader;
  readonly #settings: Buffer = Buffer.alloc(http_settings.size);
  readonly #key: Buffer = Buffer.alloc(4);

  constructor(hook: SocketHook, object: BpfObject, links: readonly BpfLink[]) {
    this.hook = hook;
    this.#object = object;
    this.#links = links;
    this.#programs = object.programs.filter((program) => program.autoload && !isLookedAtTwice(hook, program));
    this.#targets = new RingReader(object.map("target_events").ring());
    this.#requests = new RingReader(object.map("events").ring());
    this.#series = new SeriesMaps(object.map("near_series"), object.map("series"));
    this.#sizes = new MapReader(object.map("sizes"));
    this.#connections = new ConnectionMaps(object.map("near_connections"), object.map("connections"));
    this.#counters = new MapReader(object.map("counters"));
  }

  /** Kernel memory of all maps, in bytes. */
  get memoryBytes(): number {
    return this.#object.maps.reduce((sum, map) => sum + map.memlockBytes(), 0);
  }

  drain(onRecord: OnRecord, maxRecords: number): number {
    const targets = this.#targets.drain(onRecord, maxRecords);
    return targets + this.#requests.drain(onRecord, maxRecords - targets);
  }

  readSeries(): MapSnapshot {
    return this.#series.read();
  }

  readSizes(): MapSnapshot {
    return this.#sizes.map.maxEntries === 1 ? EMPTY : this.#sizes.read();
  }

  readConnections(): MapSnapshot {
    return this.#connections.read();
  }

  deleteSeries(key: Uint8Array): void {
    this.#series.delete(key);
    this.#sizes.map.delete(key);
  }

  deleteTarget(key: Uint8Array): void {
    this.#object.map("targets").delete(key);
  }

  setSpans({ threshold, slowNs, spansPerSecond, keepErrors }: SpanSettings): void {
    const settings = this.#settings;
    settings.writeBigUInt64LE(threshold, http_settings.span_threshold);
    settings.writeBigUInt64LE(slowNs, http_settings.slow_ns);
    settings.writeUInt32LE(spansPerSecond, http_settings.spans_per_second);
    settings.writeUInt32LE(keepErrors ? 1 : 0, http_settings.keep_errors);
    this.#writeSettings();
  }

  selectProcess(pid: number, { include, exclude }: SelectorBits): boolean {
    const bits = Buffer.alloc(8);
    bits.writeUInt32LE(include >>> 0, 0);
    bits.writeUInt32LE(exclude >>> 0, 4);
    try {
      this.#object.map("processes").update(this.#u32(pid), bits);
      return true;
    } catch {
      return false; // E2BIG: the map is full
    }
  }

  forgetProcess(pid: number): void {
    this.#object.map("processes").delete(this.#u32(pid));
  }

  reselect(): void {
    const generation = this.#settings.readUInt32LE(http_settings.selection);
    this.#settings.writeUInt32LE((generation + 1) >>> 0, http_settings.selection);
    this.#writeSettings();
  }

  counters(): TapCounters {
    const { valueSize } = this.#counters.map;
    const { values } = this.#counters.read();
    return sumCounters(
      MAP_COUNTER_NAMES.map((_, index) => values.subarray(index * valueSize, (index + 1) * valueSize)),
      this.#programs.reduce((sum, program) => sum + program.recursionMisses(), 0n),
    );
  }

  detach(): void {
    for (const link of this.#links) link.close();
  }

  close(): void {
    this.detach();
    this.#object.close();
  }

  #writeSettings(): void {
    this.#object.map("settings").update(this.#u32(0), this.#settings);
  }

  #u32(value: number): Buffer {
    this.#key.writeUInt32LE(value >>> 0);
    return this.#key;
  }
}

/** Whether another program sees the same events: nothing is lost where one of the two is left out. */
function isLookedAtTwice(hook: SocketHook, { name }: BpfProgram): boolean {
  return hook === "tracepoint" && name.startsWith("trace_inet_sock_set_state");
}
