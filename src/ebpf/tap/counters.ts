// The tap's counters: every way to lose something, and what was not HTTP.

/** Names of enum http_counter (bpf/http.h), in its order. */
export const MAP_COUNTER_NAMES = [
  "spans",
  "spans_sampled_out",
  "spans_over_budget",
  "ring_full",
  "series_full",
  "captures_full",
  "connections_full",
  "pipelined",
  "framing",
  "unparsed_connections",
  "unparsed_tls",
  "unparsed_http2",
  "unreadable",
  "unmatched_responses",
  "routes_over_limit",
  "missed_calls",
] as const;

/** All counters: the map's, and those that the kernel keeps of programs. */
export const COUNTER_NAMES: readonly CounterName[] = [...MAP_COUNTER_NAMES, "recursion_misses"];

export type CounterName = (typeof MAP_COUNTER_NAMES)[number] | "recursion_misses";

/** Since the tap was opened. */
export type TapCounters = Readonly<Record<CounterName, bigint>>;

/** Sums the values of a per-CPU array of u64: `perCpu` has `cpus` values for each counter of the map. */
export function sumCounters(perCpu: readonly Buffer[], recursionMisses: bigint): TapCounters {
  const sums = MAP_COUNTER_NAMES.map((name, index) => [name, sumOverCpus(perCpu[index])]);
  return Object.fromEntries([...sums, ["recursion_misses", recursionMisses]]) as TapCounters;
}

function sumOverCpus(values: Buffer | undefined): bigint {
  let sum = 0n;
  for (let at = 0; values && at < values.length; at += 8) sum += values.readBigUInt64LE(at);
  return sum;
}
