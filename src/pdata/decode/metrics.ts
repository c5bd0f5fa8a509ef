// Decodes metrics into plain objects, for components that show or test them.
import type { Reader } from "../protobuf/reader.ts";
import { type Attributes, decodeItems, pushAttribute, type ResourceItems } from "./common.ts";
import { type FieldTable, type Mutable, readFields } from "./message.ts";
import {
  type ExponentialHistogramPoint,
  type HistogramPoint,
  type NumberPoint,
  readExponentialHistogramPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
  type SummaryPoint,
} from "./points.ts";

export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly metadata: Attributes;
  /** Undefined when the metric carries no data at all. */
  readonly data: MetricData | undefined;
}

export type MetricData =
  | { readonly type: "gauge"; readonly points: readonly NumberPoint[] }
  | {
      readonly type: "sum";
      readonly temporality: number;
      readonly monotonic: boolean;
      readonly points: readonly NumberPoint[];
    }
  | { readonly type: "histogram"; readonly temporality: number; readonly points: readonly HistogramPoint[] }
  | {
      readonly type: "exponentialHistogram";
      readonly temporality: number;
      readonly points: readonly ExponentialHistogramPoint[];
    }
  | { readonly type: "summary"; readonly points: readonly SummaryPoint[] };

/** Decodes an ExportMetricsServiceRequest. Throws MalformedError. */
export function decodeMetrics(bytes: Uint8Array): ResourceItems<Metric>[] {
  return decodeItems(bytes, (message) => {
    const empty: Mutable<Metric> = { name: "", description: "", unit: "", metadata: [], data: undefined };
    return readFields(message, empty, METRIC);
  });
}

/** Every kind of data has its points in field 1, and those that have these: temporality in 2, monotonic in 3. */
interface Data<P> {
  readonly points: P[];
  temporality: number;
  monotonic: boolean;
}

function readData<P>(reader: Reader, readPoint: (message: Reader) => P): Data<P> {
  const data: Data<P> = { points: [], temporality: 0, monotonic: false };
  while (reader.next()) {
    if (reader.field === 1) data.points.push(readPoint(reader.message()));
    else if (reader.field === 2) data.temporality = reader.int32();
    else if (reader.field === 3) data.monotonic = reader.bool();
  }
  return data;
}

const METRIC: FieldTable<Metric> = {
  1: (into, field) => {
    into.name = field.string();
  },
  2: (into, field) => {
    into.description = field.string();
  },
  3: (into, field) => {
    into.unit = field.string();
  },
  5: (into, field) => {
    into.data = { type: "gauge", points: readData(field.message(), readNumberPoint).points };
  },
  7: (into, field) => {
    into.data = { type: "sum", ...readData(field.message(), readNumberPoint) };
  },
  9: (into, field) => {
    const { temporality, points } = readData(field.message(), readHistogramPoint);
    into.data = { type: "histogram", temporality, points };
  },
  10: (into, field) => {
    const { temporality, points } = readData(field.message(), readExponentialHistogramPoint);
    into.data = { type: "exponentialHistogram", temporality, points };
  },
  11: (into, field) => {
    into.data = { type: "summary", points: readData(field.message(), readSummaryPoint).points };
  },
  12: (into, field) => pushAttribute(into.metadata, field),
};
