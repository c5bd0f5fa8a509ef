// Hot: the agent's own spans, around what receivers hand on and what exporters are given. Nothing but a look when there
// are none to be made.
import type { Consumer, Context } from "../../consumer/index.ts";
import type { Signal } from "../../pdata/index.ts";

/** A span to be made. */
export interface SpanStart {
  readonly name: string;
  /** The span it is part of, as `Context.span` had it. */
  readonly parent: unknown;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Makes spans. */
export interface Tracer {
  /** Runs `work` within a span, which is told how many items it was about and what became of them. */
  run(start: SpanStart, items: number, work: (span: unknown) => Promise<void>): Promise<void>;
}

/** Whether spans are made; may change at any time. */
export interface Tracing {
  readonly tracer: Tracer | undefined;
}

/** What the Collector calls the operations of receivers. */
const RECEIVED: Readonly<Record<Signal, string>> = {
  traces: "TraceDataReceived",
  metrics: "MetricsReceived",
  logs: "LogsReceived",
};

/** Makes a span of each piece of data that a receiver hands on. */
export function tracedReceiver(
  id: string,
  signal: Signal,
  tracing: Tracing,
  next: Consumer<Signal>,
): Consumer<Signal> {
  return traced(`receiver/${id}/${RECEIVED[signal]}`, tracing, next);
}

/** Makes a span of each piece of data that an exporter takes. */
export function tracedExporter(
  id: string,
  signal: Signal,
  tracing: Tracing,
  exporter: Consumer<Signal>,
): Consumer<Signal> {
  return traced(`exporter/${id}/${signal}`, tracing, exporter);
}

function traced(name: string, tracing: Tracing, next: Consumer<Signal>): Consumer<Signal> {
  return {
    get capabilities() {
      return next.capabilities;
    },
    consume(data, context) {
      const { tracer } = tracing;
      if (!tracer) return next.consume(data, context);
      const start = { name, parent: context?.span, attributes: attributesOf(context) };
      return tracer.run(start, data.itemCount, (span) => next.consume(data, { ...context, span }));
    },
  };
}

function attributesOf(context: Context | undefined): SpanStart["attributes"] {
  return context?.transport === undefined ? {} : { transport: context.transport };
}
