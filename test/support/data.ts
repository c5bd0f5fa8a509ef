// Telemetry with a known number of items and nothing in them, as OTLP bytes.
import {
  dataFromBytes,
  type Logs,
  type Metrics,
  type Signal,
  type SignalData,
  type Traces,
} from "../../src/pdata/index.ts";

/** A length-delimited protobuf field. */
function field(number: number, body: Uint8Array): Buffer {
  const length: number[] = [];
  let rest = body.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length, rest]), body]);
}

/** `count` messages that name their position, so that none looks like another. */
function items(number: number, count: number): Buffer {
  const bodies = Array.from({ length: count }, (_, index) =>
    field(number, Buffer.from([0x18, index & 0x7f])),
  );
  return Buffer.concat(bodies);
}

const inside: { readonly [S in Signal]: (count: number) => Buffer } = {
  traces: (count) =>
    Buffer.concat(Array.from({ length: count }, (_, i) => field(2, field(5, Buffer.from(`span ${i}`))))),
  metrics: (count) => field(2, field(5, items(1, count))), // Metric.gauge.data_points
  logs: (count) =>
    Buffer.concat(Array.from({ length: count }, (_, i) => field(2, field(3, Buffer.from(`log ${i}`))))),
};

/** `count` spans, data points or log records of one resource and scope. */
export function data<S extends Signal>(signal: S, count: number): SignalData[S] {
  return dataFromBytes(signal, field(1, field(2, inside[signal](count))));
}

export const traces = (count: number): Traces => data("traces", count);
export const metrics = (count: number): Metrics => data("metrics", count);
export const logs = (count: number): Logs => data("logs", count);
