// Hot: counts the traffic of every component, once for all, at the edges between them.
import type { CounterRegistry, Exporter } from "../component/index.ts";
import { SIGNAL_ITEMS } from "../component/signal-items.ts";
import { DEFAULT_BOUNDS } from "../config/server/bounds.ts";
import type { Consumer } from "../consumer/index.ts";
import type { QueuedExporter } from "../exporters/helper/exporter.ts";
import { FailureCounter } from "../exporters/helper/failures.ts";
import type { QueueStats } from "../exporters/helper/queue.ts";
import type { Signal } from "../pdata/index.ts";
import type { Count, InputCounts } from "./graph/edge.ts";

/** Counts what a receiver hands on, by how it got it: accepted, or refused by what follows. */
export function observeReceiver(
  id: string,
  signal: Signal,
  counters: CounterRegistry,
  next: Consumer<Signal>,
): Consumer<Signal> {
  const byTransport = new Map<string, ReceiverCounts>();
  const countsOf = (transport: string): ReceiverCounts => {
    const counts = byTransport.get(transport) ?? receiverCounts(id, transport, signal, counters);
    byTransport.set(transport, counts);
    return counts;
  };
  return {
    get capabilities() {
      return next.capabilities;
    },
    async consume(data, context) {
      const { accepted, refused } = countsOf(context?.transport ?? "");
      const items = data.itemCount;
      try {
        await next.consume(data, context);
      } catch (error) {
        refused.add(items);
        throw error;
      }
      accepted.add(items);
    },
  };
}

interface ReceiverCounts {
  readonly accepted: Count;
  readonly refused: Count;
}

/** All three appear with the first operation, as upstream's do. */
function receiverCounts(
  receiver: string,
  transport: string,
  signal: Signal,
  counters: CounterRegistry,
): ReceiverCounts {
  const labels = { receiver, transport };
  const items = SIGNAL_ITEMS[signal];
  counters.counter(`otelcol_receiver_failed_${items}`, labels);
  return {
    accepted: counters.counter(`otelcol_receiver_accepted_${items}`, labels),
    refused: counters.counter(`otelcol_receiver_refused_${items}`, labels),
  };
}

/**
 * Counts what an exporter has sent, or failed to send after all its tries. Behind a queue both come later than
 * `consume`; they are then the queue's own.
 */
export function exporterCounts<S extends Signal>(
  id: string,
  signal: S,
  counters: CounterRegistry,
  exporter: Exporter<S> & Partial<Pick<QueuedExporter<S>, "stats" | "destination">>,
): InputCounts {
  const labels = { exporter: id, ...exporter.destination };
  const items = SIGNAL_ITEMS[signal];
  const { stats } = exporter; // Of a queue, which counts its failures itself.
  if (!stats) {
    return {
      taken: counters.counter(`otelcol_exporter_sent_${items}`, labels),
      refused: new FailureCounter(counters, `otelcol_exporter_send_failed_${items}`, labels),
    };
  }
  const read = (key: keyof QueueStats) => () => (exporter.stats ?? stats)[key];
  const ofQueue = { data_type: signal, exporter: id };
  counters.observe("counter", `otelcol_exporter_sent_${items}`, labels, read("sentItems"));
  const rejected = `otelcol_exporter_enqueue_failed_${items}`;
  counters.observe("counter", rejected, { exporter: id }, read("rejectedItems"));
  counters.observe("gauge", "otelcol_exporter_queue_size", ofQueue, read("size"));
  counters.observe("gauge", "otelcol_exporter_queue_capacity", ofQueue, read("capacity"));
  counters.observe("gauge", "otelcol_exporter_in_flight_requests", ofQueue, read("inFlight"));
  return {};
}

/** Whether an exporter tells itself what becomes of what it took, later. */
export function isQueued(
  exporter: Exporter<Signal> & Partial<Pick<QueuedExporter<Signal>, "stats">>,
): boolean {
  return exporter.stats !== undefined;
}

/** Shows how many requests an exporter without a queue is about. */
export function observeInFlight(
  id: string,
  signal: Signal,
  counters: CounterRegistry,
  read: () => number,
): void {
  counters.observe("gauge", "otelcol_exporter_in_flight_requests", { data_type: signal, exporter: id }, read);
}

/** Whether upstream's processor of that type has no counts of its own input and output, so that ours has none. */
export function isUncounted(type: string): boolean {
  return type === "batch";
}

/** Counts what goes into a processor, or what comes out of it. */
export function processorCount(
  direction: "incoming" | "outgoing",
  id: string,
  signal: Signal,
  counters: CounterRegistry,
): Count {
  return counters.counter(`otelcol_processor_${direction}_items`, { processor: id, "otel.signal": signal });
}

/** How long a processor takes for itself, in seconds, by bounds that the Collector left as they are. */
export function processorDuration(
  id: string,
  signal: Signal,
  counters: CounterRegistry,
): { record(seconds: number): void } {
  const labels = { processor: id, "otel.signal": signal };
  return counters.histogram("otelcol_processor_internal_duration", labels, DEFAULT_BOUNDS);
}
