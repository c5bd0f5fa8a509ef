// What is counted of calls at the level `detailed`: the metric of OpenTelemetry's instrumentation of grpc-go.
import type { CounterRegistry } from "../../component/index.ts";
import { codeConstant } from "../rpc-status/codes.ts";
import { DURATION_BOUNDS } from "../server/bounds.ts";

/** Counts a call of `path`, `/package.Service/Method`, that ended with `code`. */
export function countCall(counters: CounterRegistry, path: string, code: number, durationMs: number): void {
  const labels = {
    "rpc.method": path.slice(1),
    "rpc.response.status_code": codeConstant(code),
    "rpc.system.name": "grpc",
  };
  counters.histogram("rpc.client.call.duration", labels, DURATION_BOUNDS).record(durationMs / 1000);
}
