import {
  bool,
  duration,
  enumOf,
  float,
  list,
  optional,
  type Problem,
  type Schema,
  string,
  struct,
  uint,
} from "../../confmap/schema.ts";
import { MAX_BUCKETS } from "../../ebpf/tap/open.ts";
import { HTTP_DURATION_BOUNDARIES } from "../../semconv/http.ts";
import { patternProblem } from "./route-pattern.ts";

/** HTTP_CAPTURE_BYTES of bpf/http.h. */
const MAX_CAPTURE_BYTES = 512;
/** HTTP_MAX_SELECTORS of bpf/http.h. */
const MAX_SELECTORS = 32;
/** More targets than the kernel's table has room for help nobody. */
const MAX_ROUTES = 4096;

export type Role = "server" | "client";
export type ReplaySpeed = "max" | "original";
export type Unmatched = "shape" | "path" | "wildcard" | "unset";

/** One entry of discovery: it is met when all keys that are given are. */
export interface Selector {
  /** The server's port, also of the requests of its clients. */
  readonly port: number | undefined;
  /** Glob over the executable's path. */
  readonly executable: string | undefined;
  readonly pid: number | undefined;
  /** Glob over the path of the control group. */
  readonly cgroup: string | undefined;
}

export interface DiscoveryConfig {
  /** Empty: every process. */
  readonly include: readonly Selector[];
  readonly exclude: readonly Selector[];
}

export interface SpansConfig {
  /** Share of the requests that become spans; errors and slow ones do anyway. */
  readonly ratio: number;
  readonly maxPerSecond: number;
  /** Requests that take as long always become spans; 0: none for that. */
  readonly slowerThanMs: number;
  readonly errors: boolean;
}

export interface CaptureConfig {
  /** Of each head: what does not fit is missing from spans. */
  readonly bytes: number;
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
}

export interface RoutesConfig {
  /** `/users/{id}`, `/static/**`. */
  readonly patterns: readonly string[];
  /** The route of paths that no pattern matches: their shape, themselves, one for all, or none. */
  readonly unmatched: Unmatched;
  /** Routes, and servers asked, of one process; those beyond share `_OTHER`. */
  readonly limit: number;
}

export interface EbpfHttpConfig {
  readonly collectionIntervalMs: number;
  readonly discovery: DiscoveryConfig;
  readonly roles: readonly Role[];
  readonly spans: SpansConfig;
  /** In seconds. */
  readonly histogram: { readonly boundaries: readonly number[] };
  readonly capture: CaptureConfig;
  readonly routes: RoutesConfig;
  readonly metrics: { readonly bodySize: boolean };
  /** Path of a recording that is played instead of watching this host; empty: none. */
  readonly replay: string;
  /** `original` keeps the time that was between what was recorded. */
  readonly replaySpeed: ReplaySpeed;
}

const selector: Schema<Selector> = struct(
  "ebpfhttpreceiver.Selector",
  {
    port: optional(uint()),
    executable: optional(string()),
    pid: optional(uint()),
    cgroup: optional(string()),
  },
  selectorProblems,
);

const discovery: Schema<DiscoveryConfig> = struct(
  "ebpfhttpreceiver.DiscoveryConfig",
  { include: list(selector), exclude: list(selector) },
  function* ({ include, exclude }) {
    if (include.length > MAX_SELECTORS)
      yield `include has ${include.length} entries, at most ${MAX_SELECTORS}`;
    if (exclude.length > MAX_SELECTORS)
      yield `exclude has ${exclude.length} entries, at most ${MAX_SELECTORS}`;
  },
);

const spans: Schema<SpansConfig> = struct(
  "ebpfhttpreceiver.SpansConfig",
  {
    ratio: float(1),
    max_per_second: uint(1000),
    slower_than: duration("500ms"),
    errors: bool(true),
  },
  function* ({ ratio, maxPerSecond, slowerThanMs }) {
    if (!(ratio >= 0 && ratio <= 1)) yield "ratio must be between 0 and 1";
    if (maxPerSecond < 1 || maxPerSecond > 0xffff_ffff)
      yield "max_per_second must be between 1 and 4294967295";
    if (slowerThanMs < 0) yield "slower_than must not be negative";
  },
);

const histogram: Schema<EbpfHttpConfig["histogram"]> = struct(
  "ebpfhttpreceiver.HistogramConfig",
  { boundaries: list(float(), HTTP_DURATION_BOUNDARIES) },
  function* ({ boundaries }) {
    const max = MAX_BUCKETS - 1;
    if (boundaries.length > max) yield `boundaries has ${boundaries.length} values, at most ${max}`;
    if (boundaries.some((bound) => !(bound > 0))) yield "boundaries must be positive, in seconds";
    if (boundaries.some((bound, index) => bound <= (boundaries[index - 1] ?? 0)))
      yield "boundaries must ascend";
  },
);

const capture: Schema<CaptureConfig> = struct(
  "ebpfhttpreceiver.CaptureConfig",
  { bytes: uint(MAX_CAPTURE_BYTES), request_headers: list(string()), response_headers: list(string()) },
  function* ({ bytes }) {
    if (bytes > MAX_CAPTURE_BYTES) yield `bytes must be between 0 and ${MAX_CAPTURE_BYTES}`;
  },
);

const routes: Schema<RoutesConfig> = struct(
  "ebpfhttpreceiver.RoutesConfig",
  {
    patterns: list(string()),
    unmatched: enumOf("unmatched", ["shape", "path", "wildcard", "unset"], "shape"),
    limit: uint(100),
  },
  function* ({ patterns, limit }) {
    for (const pattern of patterns) {
      const problem = patternProblem(pattern);
      if (problem) yield `pattern ${JSON.stringify(pattern)} ${problem}`;
    }
    if (limit < 1 || limit > MAX_ROUTES) yield `limit must be between 1 and ${MAX_ROUTES}`;
  },
);

export const ebpfHttpConfig: Schema<EbpfHttpConfig> = struct(
  "ebpfhttpreceiver.Config",
  {
    collection_interval: duration("10s"),
    discovery,
    roles: list(enumOf("role", ["server", "client"], "server"), ["server", "client"]),
    spans,
    histogram,
    capture,
    routes,
    metrics: struct("ebpfhttpreceiver.MetricsConfig", { body_size: bool() }),
    replay: string(),
    replay_speed: enumOf("replay_speed", ["max", "original"], "max"),
  },
  function* ({ collectionIntervalMs, roles }) {
    if (collectionIntervalMs < 100) yield "collection_interval must be at least 100ms";
    if (roles.length === 0) yield "roles must name server, client or both";
  },
);

function* selectorProblems({ port, executable, pid, cgroup }: Selector): Iterable<Problem> {
  if ([port, executable, pid, cgroup].every((key) => key === undefined))
    yield "an entry needs at least one of port, executable, pid, cgroup";
  if (port !== undefined && (port < 1 || port > 65_535)) yield "port must be between 1 and 65535";
  if (pid === 0) yield "pid must be positive";
  if (executable === "") yield "executable must not be empty";
  if (cgroup === "") yield "cgroup must not be empty";
}
