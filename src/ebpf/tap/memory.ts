// How many entries the tap's maps have, so that all together stay inside a fixed amount of kernel memory.

/** What all the agent's maps may take, on any machine. */
export const MAP_MEMORY_BYTES: number = 16 << 20;
/** Kept for the maps of the process tap, whose ring is the largest. */
const PROCESS_TAP_BYTES = 1 << 20;
/** Concurrent connections; fewer where memory is short. One entry is some 420 bytes. */
const CONNECTION_CHOICES = [16_384, 12_288, 8192, 4096] as const;
/** Most connections wait: few have a request under way at once. A capture is some 1,760 bytes. */
const CONNECTIONS_PER_CAPTURE = 8;
/** How many of them have a place in an array in front of their map (bpf/http_near.bpf.h): one in so many. */
const PER_NEAR = 4;
const NEAR_SERIES = 1024;
/** Series each shard has room for at least: some hundred routes by method and status. */
const SERIES_PER_SHARD = 512;
const MIN_SERIES = 4096;
const MAX_SERIES = 8192;
/** CPUs share a series beyond this many, rather than multiply what is read at each collection. */
const MAX_SHARDS = 8;

/** A page; libbpf makes it one where pages are larger. */
const MIN_RING_BYTES = 4096;

/** Numbers of enum bpf_map_type. */
const MAP_TYPE = { hash: 1, array: 2, perCpuHash: 5, perCpuArray: 6, lruHash: 9, ring: 27 } as const;

/** A map before it is made. `valueSize` is of user space: per-CPU maps have all CPUs' values in it. */
export interface MapShape {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

export interface MapSizes {
  /** Copies of a series, by CPU; a power of two. */
  readonly shards: number;
  readonly maxEntries: Readonly<Record<string, number>>;
  /** What all maps take, the process tap's estimated. */
  readonly bytes: number;
}

export interface MapNeeds {
  readonly cpus: number;
  readonly spans: boolean;
  readonly bodySizes: boolean;
  /** Discovery has entries that only processes decide. */
  readonly processSelectors: boolean;
  /** The hooks have a program at the entry and one at the return of a call. */
  readonly pendingCalls: boolean;
}

/** Bytes a map takes in the kernel when all its entries are there. */
export function mapBytes({ type, keySize, valueSize, maxEntries }: MapShape, cpus: number): number {
  const value = roundUp(valueSize, 8);
  switch (type) {
    case MAP_TYPE.ring:
      return maxEntries + 3 * 4096; // its two positions and its header
    case MAP_TYPE.hash:
      return hashBytes(keySize, value, maxEntries + cpus); // one spare entry for each CPU
    case MAP_TYPE.lruHash:
      return hashBytes(keySize, value, roundUp(maxEntries, cpus));
    default:
      return value * maxEntries;
  }
}

/** The elements, and the buckets' heads: the next power of two. */
function hashBytes(keySize: number, value: number, entries: number): number {
  const element = 48 + roundUp(keySize, 8) + value;
  return element * entries + 16 * 2 ** Math.ceil(Math.log2(entries));
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** Chooses the maps' sizes. `maps` are all of the object's, as it was compiled. */
export function chooseMapSizes(maps: readonly MapShape[], needs: MapNeeds): MapSizes {
  const shards = 2 ** Math.floor(Math.log2(Math.min(Math.max(needs.cpus, 1), MAX_SHARDS)));
  const wanted = Math.max(MIN_SERIES, SERIES_PER_SHARD * shards);
  let maxEntries: Readonly<Record<string, number>> = {};
  for (const connections of CONNECTION_CHOICES) {
    const fixed = {
      ...nearAndFar("connections", connections),
      ...nearAndFar("captures", connections / CONNECTIONS_PER_CAPTURE),
      near_series: NEAR_SERIES,
      ...unneeded(needs),
    };
    const series = seriesThatFit(maps, fixed, needs);
    maxEntries = { ...fixed, ...seriesMaps(Math.max(series, MIN_SERIES), needs) };
    if (series >= wanted) break;
  }
  return { shards, maxEntries, bytes: totalBytes(maps, maxEntries, needs.cpus) };
}

/** Of so many entries, those that have a place in an array, a power of two, and the others. */
function nearAndFar(name: string, entries: number): Readonly<Record<string, number>> {
  const near = 2 ** Math.floor(Math.log2(entries / PER_NEAR));
  return { [`near_${name}`]: near, [name]: entries - near };
}

/** Maps that what is off would use. */
function unneeded(needs: MapNeeds): Readonly<Record<string, number>> {
  return {
    ...(needs.spans ? {} : { events: MIN_RING_BYTES, near_captures: 1, captures: 1, client_edges: 64 }),
    ...(needs.processSelectors ? {} : { processes: 1 }),
    ...(needs.pendingCalls ? {} : { pending_calls: 1 }),
  };
}

function seriesMaps(series: number, { bodySizes }: MapNeeds): Readonly<Record<string, number>> {
  return { series, sizes: bodySizes ? series : 1 };
}

/** The largest power of two of series that still fits; 0 where not even the smallest does. */
function seriesThatFit(
  maps: readonly MapShape[],
  fixed: Readonly<Record<string, number>>,
  needs: MapNeeds,
): number {
  for (let series = MAX_SERIES; series >= MIN_SERIES; series /= 2) {
    const maxEntries = { ...fixed, ...seriesMaps(series, needs) };
    if (totalBytes(maps, maxEntries, needs.cpus) <= MAP_MEMORY_BYTES) return series;
  }
  return 0;
}

function totalBytes(
  maps: readonly MapShape[],
  maxEntries: Readonly<Record<string, number>>,
  cpus: number,
): number {
  return maps.reduce(
    (sum, map) => sum + mapBytes({ ...map, maxEntries: maxEntries[map.name] ?? map.maxEntries }, cpus),
    PROCESS_TAP_BYTES,
  );
}
