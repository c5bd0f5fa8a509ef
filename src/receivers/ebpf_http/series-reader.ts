// Reads the kernel's series into those of the metrics: what was added since the last time, over all shards.
import { http_series, http_series_key, http_sizes } from "../../ebpf/layouts.gen.ts";
import type { MapSnapshot } from "../../ebpf/tap/http-tap.ts";
import type { Nanos } from "../../pdata/index.ts";
import type { Discovery } from "./discovery.ts";
import type { ObservedProcess } from "./observed-process.ts";
import type { ObservedProcesses } from "./processes.ts";
import type { BodySizes, RequestSeries } from "./request-series.ts";
import type { TargetNames } from "./target-names.ts";

/** One entry of the kernel's map, as it was the last time. */
interface KernelSeries {
  readonly key: Buffer;
  readonly process: ObservedProcess;
  readonly port: number;
  /** Undefined until the kernel's first sight of the target was read. */
  series: RequestSeries | undefined;
  /** Left for the next read, when the ring may have told its target's name. */
  deferred: boolean;
  readonly buckets: Uint32Array;
  durationSumNs: number;
  requestSizes: Uint32Array | undefined;
  responseSizes: Uint32Array | undefined;
  requestBytes: number;
  responseBytes: number;
}

export interface SeriesReaderParts {
  readonly processes: ObservedProcesses;
  readonly discovery: Discovery;
  readonly targets: TargetNames;
  readonly durationBuckets: number;
  /** 0 where body sizes are off. */
  readonly sizeBuckets: number;
  /** When series that are new now began. Changed in place. */
  readonly seriesStart: Nanos;
}

/** Keeps what was read last, so that counters of 32 bits may wrap and entries may come and go. */
export class SeriesReader {
  readonly #parts: SeriesReaderParts;
  readonly #known: Map<string, KernelSeries> = new Map();

  constructor(parts: SeriesReaderParts) {
    this.#parts = parts;
  }

  /** Adds what was counted since the last read. `sizes` may be empty. The last read leaves nothing for a next one. */
  read(series: MapSnapshot, sizes: MapSnapshot, isLast: boolean): void {
    for (let i = 0; i < series.count; i++) {
      const entry = this.#entry(series.keys, i);
      if (!isLast && this.#isDeferred(entry)) continue;
      addSeries(
        entry,
        this.#destination(entry),
        series.values,
        i * http_series.size,
        this.#parts.sizeBuckets,
      );
    }
    for (let i = 0; i < sizes.count; i++) {
      const entry = this.#entry(sizes.keys, i);
      if (!isLast && entry.deferred) continue;
      this.#addSizes(entry, this.#destination(entry), sizes.values, i * http_sizes.size);
    }
  }

  /** Forgets the entries of a process; returns their keys, to be removed from the kernel. */
  forget(process: ObservedProcess): readonly Buffer[] {
    const keys: Buffer[] = [];
    for (const [name, entry] of this.#known) {
      if (entry.process !== process) continue;
      this.#known.delete(name);
      keys.push(entry.key);
    }
    return keys;
  }

  #entry(keys: Buffer, index: number): KernelSeries {
    const at = index * http_series_key.size;
    const name = keys.toString("latin1", at, at + http_series_key.size);
    const known = this.#known.get(name);
    if (known) return known;
    const entry = this.#newEntry(keys, at);
    this.#known.set(name, entry);
    return entry;
  }

  #newEntry(keys: Buffer, at: number): KernelSeries {
    const process = this.#parts.processes.get(
      keys.readUInt32LE(at + http_series_key.tgid),
      keys.readInt32LE(at + http_series_key.process_start_ns),
      keys.readInt32LE(at + http_series_key.process_start_ns + 4),
    );
    return {
      key: Buffer.from(keys.subarray(at, at + http_series_key.size)),
      process,
      port: keys.readUInt16LE(at + http_series_key.port),
      series: undefined,
      deferred: false,
      buckets: new Uint32Array(this.#parts.durationBuckets),
      durationSumNs: 0,
      requestSizes: undefined,
      responseSizes: undefined,
      requestBytes: 0,
      responseBytes: 0,
    };
  }

  /**
   * Whether an entry waits for its name: the ring tells it after the kernel began to count, and what was counted under
   * no name stays there. Once only, since a first sight that was lost comes again with the target's next request.
   */
  #isDeferred(entry: KernelSeries): boolean {
    if (entry.series || this.#isNamed(entry)) {
      entry.deferred = false;
      return false;
    }
    entry.deferred = !entry.deferred;
    return entry.deferred;
  }

  #isNamed({ process, key }: KernelSeries): boolean {
    return this.#parts.targets.isNamed(
      process,
      key.readUInt8(http_series_key.role),
      key.readInt32LE(http_series_key.target),
      key.readInt32LE(http_series_key.target + 4),
    );
  }

  /** Where the entry's counts go; undefined where its requests are not watched. */
  #destination(entry: KernelSeries): RequestSeries | undefined {
    const { process, key } = entry;
    if (!this.#parts.discovery.selects(process.include, process.exclude, entry.port)) return undefined;
    if (entry.series) return entry.series;
    const role = key.readUInt8(http_series_key.role);
    const lo = key.readInt32LE(http_series_key.target);
    const hi = key.readInt32LE(http_series_key.target + 4);
    const target = this.#parts.targets.ofSeries(process, role, lo, hi);
    const kind = target.kindOf(
      role,
      key.readUInt8(http_series_key.method),
      key.readUInt16LE(http_series_key.status),
      key.readUInt8(http_series_key.failure),
      key.readUInt8(http_series_key.minor_version),
    );
    const series = process.seriesOf(kind, this.#parts.seriesStart, this.#parts.durationBuckets);
    if (target.lo === lo && target.hi === hi) entry.series = series; // else it may get its name yet
    return series;
  }

  #addSizes(entry: KernelSeries, to: RequestSeries | undefined, values: Buffer, at: number): void {
    const { sizeBuckets } = this.#parts;
    entry.requestSizes ??= new Uint32Array(sizeBuckets);
    entry.responseSizes ??= new Uint32Array(sizeBuckets);
    addBuckets(
      entry.requestSizes,
      to && sizesOf(to, sizeBuckets).request.buckets,
      values,
      at + http_sizes.request,
    );
    addBuckets(
      entry.responseSizes,
      to && sizesOf(to, sizeBuckets).response.buckets,
      values,
      at + http_sizes.response,
    );
  }
}

/** Adds what the kernel counted in an entry since the last time; its sums of bytes only where body sizes are on. */
function addSeries(
  entry: KernelSeries,
  to: RequestSeries | undefined,
  values: Buffer,
  at: number,
  sizeBuckets: number,
): void {
  addBuckets(entry.buckets, to?.buckets, values, at + http_series.buckets);
  const durationSumNs = uint64(values, at + http_series.duration_sum_ns);
  if (to) to.durationSumNs += durationSumNs - entry.durationSumNs;
  entry.durationSumNs = durationSumNs;
  if (sizeBuckets === 0) return;
  const requestBytes = uint64(values, at + http_series.request_body_bytes);
  const responseBytes = uint64(values, at + http_series.response_body_bytes);
  if (to) {
    const sizes = sizesOf(to, sizeBuckets);
    sizes.request.sum += requestBytes - entry.requestBytes;
    sizes.response.sum += responseBytes - entry.responseBytes;
  }
  entry.requestBytes = requestBytes;
  entry.responseBytes = responseBytes;
}

/** Adds differences modulo 2^32: a bucket of the kernel wraps, and is read often enough to do so once at most. */
function addBuckets(last: Uint32Array, to: Float64Array | undefined, values: Buffer, at: number): void {
  for (let bucket = 0; bucket < last.length; bucket++) {
    const count = values.readUInt32LE(at + 4 * bucket);
    if (to) to[bucket]! += (count - last[bucket]!) >>> 0;
    last[bucket] = count;
  }
}

function sizesOf(series: RequestSeries, buckets: number): BodySizes {
  series.bodySizes ??= {
    request: { buckets: new Float64Array(buckets), sum: 0 },
    response: { buckets: new Float64Array(buckets), sum: 0 },
  };
  return series.bodySizes;
}

function uint64(values: Buffer, at: number): number {
  return values.readUInt32LE(at + 4) * 2 ** 32 + values.readUInt32LE(at);
}
