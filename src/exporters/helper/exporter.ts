// Turns a sender into an exporter: queue before retry before the sender, and a shutdown that drains them in order.
import type { Component, Exporter, Host, Labels, Settings } from "../../component/index.ts";
import { SIGNAL_ITEMS } from "../../component/signal-items.ts";
import type { Consumer, Context } from "../../consumer/index.ts";
import type { Signal, SignalData } from "../../pdata/index.ts";
import type { QueueConfig, RetryConfig } from "./config.ts";
import { FailureCounter } from "./failures.ts";
import { type QueueMetrics, type QueueStats, SendingQueue } from "./queue.ts";
import { Sizes } from "./queue-metrics.ts";
import { QueueStore, storageClient } from "./queue-store.ts";
import { withRetry } from "./retry.ts";

/** What sends one request and does nothing else; it opens what it needs in `start`, closes it in `shutdown`. */
export type Sender<S extends Signal> = Component & Consumer<S>;

/** An exporter with the counts of what lies behind its queue. */
export interface QueuedExporter<S extends Signal> extends Exporter<S> {
  /** Undefined when there is no queue; what goes in is then what is sent. */
  readonly stats: QueueStats | undefined;
  /** Where it sends to, as labels of what it has sent. */
  readonly destination: Labels;
}

export interface ExporterOptions<S extends Signal> {
  readonly settings: Settings;
  readonly signal: S;
  readonly retry: RetryConfig | undefined;
  readonly queue: QueueConfig | undefined;
  readonly destination?: Labels;
}

/** Wraps `sender` with the retries and the queue that the user configured. */
export function toExporter<S extends Signal>(
  options: ExporterOptions<S>,
  sender: Sender<S>,
): QueuedExporter<S> {
  const { retry, queue, settings, signal, destination = {} } = options;
  const stopping = new AbortController();
  const sending = retry ? withRetry(retry, settings.logger, stopping.signal, sender) : sender;
  const sendingQueue =
    queue && new SendingQueue(queue, settings.logger, queueMetrics(options, queue), sending);
  const first = sendingQueue ?? sending;
  return {
    capabilities: sender.capabilities,
    destination,
    get stats(): QueueStats | undefined {
      return sendingQueue?.stats;
    },
    async start(host: Host) {
      await sender.start(host);
      if (!sendingQueue || !queue?.storage) return;
      const client = await storageClient(host, queue.storage, settings.id, signal);
      await sendingQueue.open(new QueueStore(client, signal));
    },
    consume: (data: SignalData[S], context?: Context) => first.consume(data, context),
    async shutdown(deadline: AbortSignal) {
      stopping.abort();
      await sendingQueue?.drain(deadline);
      await sender.shutdown(deadline);
    },
  };
}

function queueMetrics<S extends Signal>(
  { settings, signal, destination = {} }: ExporterOptions<S>,
  { batch }: QueueConfig,
): QueueMetrics {
  const { counters, id } = settings;
  const sent = { exporter: id, ...destination };
  return {
    failed: new FailureCounter(counters, `otelcol_exporter_send_failed_${SIGNAL_ITEMS[signal]}`, sent),
    enqueued: new Sizes(counters, "otelcol_exporter_enqueue_size", { exporter: id }),
    batches: batch && new Sizes(counters, "otelcol_exporter_queue_batch_send_size", sent),
  };
}
