import { cpuUsage, memoryUsage } from "node:process";
import { getHeapStatistics } from "node:v8";
import type { CounterRegistry } from "../../component/index.ts";

/** Adds the metrics of the agent's own process. The runtime's are V8's, under the names of Go's. */
export function observeProcess(counters: CounterRegistry): void {
  const seconds = () => {
    const { user, system } = cpuUsage();
    return (user + system) / 1e6;
  };
  counters.observe("counter", "otelcol_process_uptime", {}, () => process.uptime());
  counters.observe("counter", "otelcol_process_cpu_seconds", {}, seconds);
  counters.observe("gauge", "otelcol_process_memory_rss", {}, () => memoryUsage.rss());
  counters.observe(
    "gauge",
    "otelcol_process_runtime_heap_alloc_bytes",
    {},
    () => getHeapStatistics().used_heap_size,
  );
  if ("total_allocated_bytes" in getHeapStatistics()) {
    const allocated = () => getHeapStatistics().total_allocated_bytes; // Node.js 22 does not tell.
    counters.observe("counter", "otelcol_process_runtime_total_alloc_bytes", {}, allocated);
  }
  counters.observe("gauge", "otelcol_process_runtime_total_sys_memory_bytes", {}, () => {
    const { heapTotal, external } = memoryUsage();
    return heapTotal + external;
  });
}
