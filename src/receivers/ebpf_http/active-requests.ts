// Counts the requests under way, from the kernel's connections.
import { http_conn, http_request } from "../../ebpf/layouts.gen.ts";
import type { MapSnapshot } from "../../ebpf/tap/http-tap.ts";
import type { Discovery } from "./discovery.ts";
import type { ObservedProcess } from "./observed-process.ts";
import type { ObservedProcesses } from "./processes.ts";
import { ROLE } from "./request-series.ts";
import type { TargetNames } from "./target-names.ts";

/** HTTP_VERDICT_HTTP1 of enum http_verdict (bpf/http.h). */
const VERDICT_HTTP1 = 1;
/** The oldest request of a connection without a whole response. */
const CURRENT = http_conn.current;

export interface ActiveRequestsParts {
  readonly processes: ObservedProcesses;
  readonly discovery: Discovery;
  readonly targets: TargetNames;
}

/** Sets the counts of every process to what the connections say now; pipelined requests count under the first's method. */
export function countActiveRequests({ count, values }: MapSnapshot, parts: ActiveRequestsParts): void {
  for (const process of parts.processes) clear(process);
  for (let i = 0; i < count; i++) {
    const at = i * http_conn.size;
    const open = values.readUInt32LE(at + http_conn.open);
    if (open > 0 && values.readUInt8(at + http_conn.verdict) === VERDICT_HTTP1) add(values, at, open, parts);
  }
}

/** Whoever has had requests has none under way until a connection says so. */
function clear(process: ObservedProcess): void {
  for (const { attributes } of process.series.values()) {
    const { role, method, host, port } = attributes;
    process.activeOf(role, method, host, port);
  }
  for (const active of process.active.values()) active.open = 0;
}

function add(values: Buffer, at: number, open: number, parts: ActiveRequestsParts): void {
  const role = values.readUInt8(at + http_conn.role);
  const port = values.readUInt16LE(
    at + (role === ROLE.server ? http_conn.local_port : http_conn.remote_port),
  );
  const process = parts.processes.get(
    values.readUInt32LE(at + CURRENT + http_request.tgid),
    values.readInt32LE(at + CURRENT + http_request.process_start_ns),
    values.readInt32LE(at + CURRENT + http_request.process_start_ns + 4),
  );
  if (!parts.discovery.selects(process.include, process.exclude, port)) return;
  const method = values.readUInt8(at + CURRENT + http_request.method);
  if (role === ROLE.server) {
    process.activeOf(role, method, undefined, 0).open += open;
    return;
  }
  const lo = values.readInt32LE(at + CURRENT + http_request.target);
  const hi = values.readInt32LE(at + CURRENT + http_request.target + 4);
  const target = parts.targets.ofSeries(process, role, lo, hi);
  process.activeOf(role, method, target.host, target.port).open += open;
}
