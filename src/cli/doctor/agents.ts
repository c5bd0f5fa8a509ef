import { type AgentStatus, readStatuses } from "../../ebpf/status/status-file.ts";
import { COUNTER_NAMES, type CounterName } from "../../ebpf/tap/counters.ts";
import { LOSSES } from "../../receivers/ebpf_http/losses.ts";
import { type Finding, note, ok, problem, type Section } from "./report.ts";

/** What is counted and is no loss that somebody should act on; the others are in LOSSES. */
const MEANINGS: Readonly<Partial<Record<CounterName, string>>> = {
  spans: "spans kept",
  spans_sampled_out: "not kept, by spans.ratio",
  spans_over_budget: "not kept, by spans.max_per_second",
  framing: "messages whose end could not be found",
  unparsed_connections: "connections that are not HTTP",
  unparsed_tls: "connections inside TLS",
  unparsed_http2: "connections with HTTP/2",
  unreadable: "connections whose bytes cannot be seen, as with io_uring",
  unmatched_responses: "responses to requests from before the start",
  routes_over_limit: "requests counted under _OTHER, by routes.limit",
};

/** The agents that run on this host, each with all its counters. */
export function agentSections(folder: string, procRoot: string): readonly Section[] {
  const statuses = readStatuses(folder, procRoot);
  if (statuses.length === 0) {
    return [{ title: "Agents", findings: [note("running", `none has its status in ${folder}`)] }];
  }
  return statuses.map((status) => ({
    title: `Agent ${status.pid}, receiver ${status.receiver}`,
    findings: [
      ok("running", `wattspan ${status.version}, ${sourceOf(status)}, as of ${status.updated}`),
      ...COUNTER_NAMES.map((name) => counter(name, status.counters[name] ?? 0)),
    ],
  }));
}

function sourceOf({ source }: AgentStatus): string {
  return `by ${String(source.hook ?? "unknown hooks")}`;
}

function counter(name: CounterName, count: number): Finding {
  const loss = LOSSES[name];
  if (loss !== undefined) return count === 0 ? ok(name, "0 lost") : problem(name, `${count} lost`, loss);
  return note(name, `${count} ${MEANINGS[name] ?? ""}`.trim());
}
