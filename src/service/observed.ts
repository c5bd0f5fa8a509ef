// Hot: counts the traffic of every component, once for all, by wrapping the edges between them.
import type { Consumer } from "../consumer/index.ts";
import type { QueuedExporter } from "../exporters/helper/exporter.ts";
import type { QueueStats } from "../exporters/helper/queue.ts";
import type { Signal } from "../pdata/index.ts";
import type { Counter, Counters } from "./telemetry/counters.ts";

/** What the Collector's metric names call the items of a signal. */
const ITEMS: Readonly<Record<Signal, string>> = {
  traces: "spans",
  metrics: "metric_points",
  logs: "log_records",
};

/** Counts what a receiver hands on: accepted, or refused by what follows. */
export function observeReceiver<S extends Signal>(
  id: string,
  signal: S,
  counters: Counters,
  next: Consumer<S>,
): Consumer<S> {
  const labels = { receiver: id, transport: "" };
  const items = ITEMS[signal];
  const accepted = counters.counter(`otelcol_receiver_accepted_${items}`, labels);
  const refused = counters.counter(`otelcol_receiver_refused_${items}`, labels);
  counters.counter(`otelcol_receiver_failed_${items}`, labels); // Exported as 0, as upstream does.
  return countOutcome(next, accepted, refused);
}

/**
 * Counts what an exporter has sent, or failed to send after all its tries. Behind a queue both come later than
 * `consume`; they are then the queue's own.
 */
export function observeExporter<S extends Signal>(
  id: string,
  signal: S,
  counters: Counters,
  exporter: Consumer<S> & Partial<Pick<QueuedExporter<S>, "stats">>,
): Consumer<S> {
  const labels = { exporter: id };
  const items = ITEMS[signal];
  const { stats } = exporter;
  if (!stats) {
    const sent = counters.counter(`otelcol_exporter_sent_${items}`, labels);
    const failed = counters.counter(`otelcol_exporter_send_failed_${items}`, labels);
    return countOutcome(exporter, sent, failed);
  }
  const read = (key: keyof QueueStats) => () => (exporter.stats ?? stats)[key];
  const ofQueue = { data_type: signal, exporter: id };
  counters.observe("counter", `otelcol_exporter_sent_${items}`, labels, read("sentItems"));
  counters.observe("counter", `otelcol_exporter_send_failed_${items}`, labels, read("failedItems"));
  counters.observe("counter", `otelcol_exporter_enqueue_failed_${items}`, labels, read("rejectedItems"));
  counters.observe("gauge", "otelcol_exporter_queue_size", ofQueue, read("size"));
  counters.observe("gauge", "otelcol_exporter_queue_capacity", ofQueue, read("capacity"));
  counters.observe("gauge", "otelcol_exporter_in_flight_requests", ofQueue, read("inFlight"));
  return exporter;
}

/** Counts what goes into a processor. */
export function observeProcessorInput<S extends Signal>(
  id: string,
  signal: S,
  counters: Counters,
  next: Consumer<S>,
): Consumer<S> {
  return countItems(
    next,
    counters.counter("otelcol_processor_incoming_items", { processor: id, otel_signal: signal }),
  );
}

/** Counts what comes out of a processor. */
export function observeProcessorOutput<S extends Signal>(
  id: string,
  signal: S,
  counters: Counters,
  next: Consumer<S>,
): Consumer<S> {
  return countItems(
    next,
    counters.counter("otelcol_processor_outgoing_items", { processor: id, otel_signal: signal }),
  );
}

function countOutcome<S extends Signal>(next: Consumer<S>, taken: Counter, refused: Counter): Consumer<S> {
  return {
    capabilities: next.capabilities,
    async consume(data, context) {
      const items = data.itemCount;
      try {
        await next.consume(data, context);
      } catch (error) {
        refused.add(items);
        throw error;
      }
      taken.add(items);
    },
  };
}

function countItems<S extends Signal>(next: Consumer<S>, counter: Counter): Consumer<S> {
  return {
    capabilities: next.capabilities,
    consume(data, context) {
      counter.add(data.itemCount);
      return next.consume(data, context);
    },
  };
}
