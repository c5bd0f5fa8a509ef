import { describe, expect, it } from "vitest";
import { HostRecorder, settings } from "../../test/support/component.ts";
import { metrics } from "../../test/support/data.ts";
import { parseConfig } from "../confmap/decode.ts";
import { queueConfig } from "../exporters/helper/config.ts";
import { toExporter } from "../exporters/helper/exporter.ts";
import { Input } from "./graph/edge.ts";
import { exporterCounts } from "./observed.ts";
import type { Counters } from "./telemetry/counters.ts";

describe("exporterCounts", () => {
  it("counts what a queue sent and what it failed to, when it did, and how full it is", async () => {
    const gate = Promise.withResolvers<void>();
    const sender = {
      capabilities: { mutatesData: false },
      async start() {},
      async shutdown() {},
      async consume(data: { itemCount: number }) {
        await gate.promise;
        if (data.itemCount === 2) throw new Error("no");
      },
    };
    const queue = parseConfig(queueConfig, { queue_size: 2, num_consumers: 1 });
    const given = settings("out");
    const exporter = toExporter<"metrics">(
      { settings: given, signal: "metrics", retry: undefined, queue },
      sender,
    );
    const counters = given.counters as Counters;
    const observed = new Input(exporter, exporterCounts("out", "metrics", counters, exporter));
    await exporter.start(new HostRecorder());

    const bytes = [3, 2, 4].reduce((sum, count) => sum + metrics(count).byteLength, 0);
    await observed.consume(metrics(3));
    await observed.consume(metrics(2));
    await expect(observed.consume(metrics(4))).rejects.toThrow("sending queue is full");
    const full = {
      'otelcol_exporter_enqueue_size_sum{exporter="out"}': 9,
      'otelcol_exporter_enqueue_size_count{exporter="out"}': 3,
      'otelcol_exporter_enqueue_size_bytes_sum{exporter="out"}': bytes,
      'otelcol_exporter_enqueue_size_bytes_count{exporter="out"}': 3,
      'otelcol_exporter_sent_metric_points{exporter="out"}': 0,
      'otelcol_exporter_send_failed_metric_points{exporter="out"}': 0,
      'otelcol_exporter_enqueue_failed_metric_points{exporter="out"}': 4,
      'otelcol_exporter_queue_size{data_type="metrics",exporter="out"}': 2,
      'otelcol_exporter_queue_capacity{data_type="metrics",exporter="out"}': 2,
      'otelcol_exporter_in_flight_requests{data_type="metrics",exporter="out"}': 1,
    };
    expect(counters.snapshot()).toEqual(full);

    gate.resolve();
    await exporter.shutdown(new AbortController().signal);
    expect(counters.snapshot()).toEqual({
      ...full,
      'otelcol_exporter_sent_metric_points{exporter="out"}': 3,
      'otelcol_exporter_send_failed_metric_points{exporter="out",error.type="_OTHER",error.permanent="false"}': 2,
      'otelcol_exporter_queue_size{data_type="metrics",exporter="out"}': 0,
      'otelcol_exporter_in_flight_requests{data_type="metrics",exporter="out"}': 0,
    });
  });
});
